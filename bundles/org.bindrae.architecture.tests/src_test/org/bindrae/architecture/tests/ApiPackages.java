package org.bindrae.architecture.tests;

import java.util.Set;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;

/** Counts the internal packages to the package that they work for, because the two know each other on purpose: the nearest package above with classes of its own. */
final class ApiPackages implements SliceAssignment {
    private static final String INTERNAL = ".internal";

    private final Set<String> packages;

    ApiPackages(JavaClasses classes) {
        packages = classes.stream().map(JavaClass::getPackageName).filter(name -> !isInternal(name)).collect(Collectors.toSet());
    }

    private static boolean isInternal(String name) {
        return name.endsWith(INTERNAL) || name.contains(INTERNAL + ".");
    }

    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
        String name = type.getPackageName();
        if (!name.startsWith("org.bindrae.")) {
            return SliceIdentifier.ignore();
        }
        String api = name;
        while (!packages.contains(api) && api.contains(".")) {
            api = api.substring(0, api.lastIndexOf('.'));
        }
        return SliceIdentifier.of(packages.contains(api) ? api : name);
    }

    @Override
    public String getDescription() {
        return "packages with their internal ones";
    }
}
