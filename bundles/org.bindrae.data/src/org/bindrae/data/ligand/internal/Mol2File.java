package org.bindrae.data.ligand.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.LigandException;
import org.openscience.cdk.exception.CDKException;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.io.Mol2Reader;

/** Reads the first molecule of a MOL2 file with CDK. */
final class Mol2File {
    private static final String MOLECULE = "@<TRIPOS>MOLECULE";
    private static final String ATOM = "@<TRIPOS>ATOM";
    private static final String BOND = "@<TRIPOS>BOND";
    /** An amide bond, which CDK would take for an aromatic one. */
    private static final String AMIDE = "^(\\s*\\S+\\s+\\S+\\s+\\S+\\s+)am(\\s.*)?$";
    private static final int COORDINATE_FIELD = 2;
    private static final int ATOM_FIELDS = 6;
    private static final int LONGEST_RECORD = 200_000;

    private Mol2File() {
    }

    /** @param file for messages */
    static ParsedMolecule read(BufferedReader in, String file) throws IOException {
        List<String> record = new ArrayList<>();
        int molecules = 0;
        int lineNumber = 0;
        int atoms = 0;
        String section = "";
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            lineNumber++;
            if (line.startsWith("@<TRIPOS>")) {
                section = line.strip();
                molecules += section.equals(MOLECULE) ? 1 : 0;
            } else if (molecules == 1 && section.equals(ATOM) && !line.isBlank() && !line.startsWith("#")) {
                checkAtom(line, file, lineNumber);
                atoms++;
            }
            if (molecules == 1) {
                record.add(section.equals(BOND) ? line.replaceFirst(AMIDE, "$11$2") : line);
                if (record.size() > LONGEST_RECORD) {
                    throw new LigandException(file + ": line " + lineNumber + ": the first molecule does not end");
                }
            }
        }
        if (molecules == 0) {
            throw new LigandException(file + ": no line " + MOLECULE + "; is this a MOL2 file?");
        }
        if (atoms == 0) {
            throw new LigandException(file + ": a molecule without atoms");
        }
        List<String> notes = new ArrayList<>();
        if (molecules > 1) {
            notes.add("The ligand file holds " + molecules + " molecules; the first was used");
        }
        IAtomContainer molecule = parse(record, atoms, file);
        return new ParsedMolecule(record.size() > 1 ? record.get(1).strip() : "", molecule, HeavyAtoms.Counts.FROM_ATOMS, notes);
    }

    private static void checkAtom(String line, String file, int lineNumber) throws LigandException {
        String[] fields = line.strip().split("\\s+");
        if (fields.length < ATOM_FIELDS) {
            throw new LigandException(file + ": line " + lineNumber + ": an atom needs number, name, x, y, z and type");
        }
        for (int i = COORDINATE_FIELD; i < COORDINATE_FIELD + 3; i++) {
            try {
                if (Double.isFinite(Double.parseDouble(fields[i]))) {
                    continue;
                }
            } catch (NumberFormatException e) {
                // reported below
            }
            throw new LigandException(file + ": line " + lineNumber + ": '" + fields[i] + "' is not a coordinate");
        }
    }

    private static IAtomContainer parse(List<String> record, int atoms, String file) throws IOException {
        IAtomContainer empty = Cdk.newMolecule();
        try (var reader = new Mol2Reader(new StringReader(String.join("\n", record) + "\n"))) {
            IAtomContainer molecule = reader.read(empty);
            if (molecule == null || molecule.getAtomCount() != atoms) {
                throw new LigandException(file + ": CDK finds another number of atoms than the " + atoms + " of the file");
            }
            for (IAtom atom : molecule.atoms()) {
                // CDK takes them from types such as C.cat, regardless of where the double bonds will be
                atom.setFormalCharge(0);
            }
            return molecule;
        } catch (CDKException | RuntimeException e) {
            throw SdfReader.unreadable(file, e);
        }
    }
}
