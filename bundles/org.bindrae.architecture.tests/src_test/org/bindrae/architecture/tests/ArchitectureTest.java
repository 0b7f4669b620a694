package org.bindrae.architecture.tests;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;

/** The rules of docs/architecture.md that a machine can check. */
class ArchitectureTest {
    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = Bundles.ours();
    }

    @Test
    void everyBundleIsCompiledAndInTheTable() {
        List<String> missing = Bundles.names().stream().filter(name -> !Files.isDirectory(Bundles.classes(name)) || rank(name) < 0).toList();
        assertEquals(List.of(), missing, "bundles without compiled classes, or without a row in the table of docs/architecture.md");
        assertTrue(classes.size() > 100, "only " + classes.size() + " classes");
    }

    @Test
    void aBundleKnowsOnlyThoseAboveItInTheTable() {
        TreeSet<String> violations = new TreeSet<>();
        for (JavaClass type : classes) {
            String bundle = Bundles.of(type);
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String other = Bundles.of(dependency.getTargetClass());
                if (other != null && !other.equals(bundle) && rank(other) >= rank(bundle) && !isLibrary(other)) {
                    violations.add(bundle + " knows " + other + ": " + dependency.getDescription());
                }
            }
        }
        assertEquals(List.of(), List.copyOf(violations));
    }

    @Test
    void packagesDoNotKnowOneAnotherInACircle() {
        slices().assignedFrom(new ApiPackages(classes)).should().beFreeOfCycles().check(classes);
    }

    @Test
    void nothingEndsTheProcess() {
        noClasses().should().callMethod(System.class, "exit", int.class).orShould().callMethod(Runtime.class, "exit", int.class).orShould()
                .callMethod(Runtime.class, "halt", int.class).check(classes);
    }

    @Test
    void nothingIsSerializedByJava() {
        noClasses().should().dependOnClassesThat().areAssignableTo(ObjectInputStream.class).orShould().dependOnClassesThat()
                .areAssignableTo(ObjectOutputStream.class).check(classes);
    }

    @Test
    void onlyUpdatesOpenAConnection() {
        noClasses().that().resideOutsideOfPackage("org.bindrae.update..").should().dependOnClassesThat()
                .haveNameMatching(
                        "java\\.net\\.((Server|Datagram|Multicast)?Socket|(Http)?URLConnection|http\\..*)|java\\.nio\\.channels\\..*(Socket|Datagram)Channel|javax\\.net\\..*")
                .check(classes);
    }

    /** Libraries are below every bundle, wherever their row is. */
    private static boolean isLibrary(String bundle) {
        return bundle.startsWith("org.bindrae.thirdparty.");
    }

    private static int rank(String bundle) {
        List<String> table = Bundles.table();
        for (int i = 0; i < table.size(); i++) {
            String row = table.get(i);
            if (row.endsWith(".") ? bundle.startsWith(row) : bundle.equals(row)) {
                return i;
            }
        }
        return -1;
    }
}
