package org.bindrae.architecture.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.InnerClassInfo;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The compiled classes of all bundles, read as files, and what others can use of them. */
final class CompiledTypes {
    private static final String PROVIDER = "Lorg/osgi/annotation/versioning/ProviderType;";
    private static final String CONSUMER = "Lorg/osgi/annotation/versioning/ConsumerType;";
    /** Modifiers that matter to others. */
    private static final List<AccessFlag> MODIFIERS = List.of(AccessFlag.PROTECTED, AccessFlag.STATIC, AccessFlag.FINAL, AccessFlag.ABSTRACT);

    /** By internal name. */
    private final Map<String, ClassModel> types = new HashMap<>();
    private final Map<String, String> bundles = new HashMap<>();

    CompiledTypes(Collection<String> bundles) {
        for (String bundle : bundles) {
            try (Stream<Path> files = Files.walk(Bundles.classes(bundle))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                    ClassModel type = ClassFile.of().parse(file);
                    types.put(name(type), type);
                    this.bundles.put(name(type), bundle);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String name(ClassModel type) {
        return type.thisClass().asInternalName();
    }

    /** A name as it is written in Java. */
    static String javaName(ClassModel type) {
        return Signatures.of(type.thisClass().asSymbol());
    }

    /** All types of a bundle. */
    List<ClassModel> of(String bundle) {
        return types.values().stream().filter(type -> bundles.get(name(type)).equals(bundle)).toList();
    }

    /** The types of a package that others can name. */
    List<ClassModel> visible(String packageName) {
        return types.values().stream().filter(type -> packageOf(type).equals(packageName) && isVisible(type)).toList();
    }

    static String packageOf(ClassModel type) {
        return type.thisClass().asSymbol().packageName();
    }

    /** What others can use of a package. */
    Api api(BundleManifest.Package exported) {
        var api = new Api(exported.name(), exported.version(), new TreeMap<>());
        visible(exported.name()).forEach(type -> api.types().put(declaration(type), members(type)));
        return api;
    }

    private boolean isVisible(ClassModel type) {
        Optional<InnerClassInfo> nested = nested(type);
        if (nested.isEmpty()) {
            return type.flags().has(AccessFlag.PUBLIC) && !type.isModuleInfo();
        }
        Optional<ClassEntry> outer = nested.get().outerClass();
        return outer.isPresent() && (nested.get().has(AccessFlag.PUBLIC) || nested.get().has(AccessFlag.PROTECTED))
                && isVisible(types.get(outer.get().asInternalName()));
    }

    private static Optional<InnerClassInfo> nested(ClassModel type) {
        return type.findAttribute(Attributes.innerClasses()).stream().flatMap(inner -> inner.classes().stream())
                .filter(inner -> inner.innerClass().asInternalName().equals(name(type))).findFirst();
    }

    private static String declaration(ClassModel type) {
        Set<AccessFlag> flags = nested(type).map(InnerClassInfo::flags).orElseGet(() -> type.flags().flags());
        String kind = type.flags().has(AccessFlag.INTERFACE) ? "interface" : flags.contains(AccessFlag.ENUM) ? "enum"
                : type.findAttribute(Attributes.record()).isPresent() ? "record" : "class";
        // of an interface and an enum they follow from the kind
        String modifiers = kind.equals("class") ? modifiers(flags) : "";
        String sealed = type.findAttribute(Attributes.permittedSubclasses()).isPresent() ? "sealed " : "";
        return kind + " " + javaName(type) + Signatures.parameters(type)
                + (modifiers + sealed).transform(words -> words.isEmpty() ? "" : " " + words.strip() + " ").stripTrailing()
                + (isProvided(type) ? " @ProviderType" : isConsumed(type) ? " @ConsumerType" : "");
    }

    private static String modifiers(Set<AccessFlag> flags) {
        StringBuilder words = new StringBuilder();
        MODIFIERS.stream().filter(flags::contains).forEach(flag -> words.append(flag.name().toLowerCase(java.util.Locale.ROOT)).append(' '));
        return words.toString();
    }

    private SortedSet<String> members(ClassModel type) {
        SortedSet<String> members = new TreeSet<>();
        boolean extensible = !type.flags().has(AccessFlag.FINAL);
        Signatures.supertypes(type).forEach(name -> members.add("is a " + name));
        type.findAttribute(Attributes.permittedSubclasses()).ifPresent(permitted -> permitted.permittedSubclasses()
                .forEach(one -> members.add("permits " + Signatures.of(one.asSymbol()))));
        type.fields().stream().filter(field -> usable(field.flags().flags(), extensible))
                .forEach(field -> members.add(modifiers(field.flags().flags()) + Signatures.of(field)));
        type.methods().stream().filter(method -> usable(method.flags().flags(), extensible) && !method.methodName().equalsString("<clinit>"))
                .forEach(method -> {
                    boolean constructor = method.methodName().equalsString("<init>");
                    members.add(modifiers(method.flags().flags()) + Signatures.of(method, constructor ? "new" : method.methodName().stringValue()));
                });
        // what others cannot name gives them its members all the same
        hidden(type).forEach(above -> members(above).stream().filter(member -> !member.contains(" new(")).forEach(members::add));
        return members;
    }

    private static boolean usable(Set<AccessFlag> flags, boolean extensible) {
        return !flags.contains(AccessFlag.SYNTHETIC) && (flags.contains(AccessFlag.PUBLIC) || extensible && flags.contains(AccessFlag.PROTECTED));
    }

    private List<ClassModel> hidden(ClassModel type) {
        return direct(type).stream().filter(above -> !isVisible(above)).toList();
    }

    /** Types of ours that a type extends or implements directly. */
    private List<ClassModel> direct(ClassModel type) {
        return Stream.concat(type.superclass().stream(), type.interfaces().stream()).map(entry -> types.get(entry.asInternalName()))
                .filter(java.util.Objects::nonNull)
                .toList();
    }

    /** Types of ours that a type extends or implements. */
    List<ClassModel> supertypes(ClassModel type) {
        List<ClassModel> all = new ArrayList<>();
        for (ClassModel above : direct(type)) {
            all.add(above);
            all.addAll(supertypes(above));
        }
        return all;
    }

    static boolean isInterface(ClassModel type) {
        return type.flags().has(AccessFlag.INTERFACE) && !type.flags().has(AccessFlag.ANNOTATION);
    }

    /** Whether only those who track the package closely implement it. */
    static boolean isProvided(ClassModel type) {
        return hasAnnotation(type, PROVIDER);
    }

    /** Whether everybody may implement it. */
    static boolean isConsumed(ClassModel type) {
        return hasAnnotation(type, CONSUMER);
    }

    private static boolean hasAnnotation(ClassModel type, String... descriptors) {
        return type.findAttribute(Attributes.runtimeInvisibleAnnotations()).stream().flatMap(attribute -> attribute.annotations().stream())
                .anyMatch(annotation -> Arrays.asList(descriptors).contains(annotation.className().stringValue()));
    }
}
