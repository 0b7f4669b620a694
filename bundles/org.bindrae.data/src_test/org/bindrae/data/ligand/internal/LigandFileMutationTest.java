package org.bindrae.data.ligand.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.bindrae.data.LigandTokens;
import org.bindrae.data.Mutation;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LigandFileMutationTest {
    private static final int ROUNDS = Integer.getInteger("bindrae.test.mutations", 300);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"v2000.sdf", "v3000.sdf", "ar.mol2"})
    void aDamagedFileIsReadOrRefusedAndNothingElse(String name) throws IOException {
        DrawnMolecule molecule = DrawnMolecule.benzene(true, "O", "N", "Cl", "H", "S", "P");
        String text = name.equals("v2000.sdf") ? molecule.v2000("A    7", "O1", "M  CHG  1   8   1", "M  ISO  1   3  13") : name.equals("v3000.sdf")
                ? molecule.v3000() : molecule.mol2();
        var mutation = new Mutation(name.hashCode());
        int read = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String damaged = mutation.of(text);
            Path file = Files.writeString(folder.resolve(name), damaged, StandardCharsets.UTF_8);
            try {
                LigandTokens tokens = LigandTokens.of(LigandFile.read(file).ligand());
                for (double coordinate : tokens.positions()) {
                    assertTrue(Double.isFinite(coordinate));
                }
                read++;
            } catch (IOException e) {
                assertTrue(e.getMessage() != null && e.getMessage().contains(name), "no file named: " + e);
            } catch (RuntimeException | StackOverflowError e) {
                fail("round " + round + "\n" + damaged, e);
            }
        }
        assertTrue(read > ROUNDS / 50 && read < ROUNDS, read + " of " + ROUNDS + " were readable");
    }
}
