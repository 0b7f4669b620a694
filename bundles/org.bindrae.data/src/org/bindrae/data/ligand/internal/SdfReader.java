package org.bindrae.data.ligand.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.LigandException;
import org.bindrae.geometry.Vec3;
import org.openscience.cdk.exception.CDKException;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.io.MDLV2000Reader;
import org.openscience.cdk.io.MDLV3000Reader;

import javax.vecmath.Point3d;

/** Reads the first molecule of an SDF or MOL file, V2000 or V3000, with CDK. */
final class SdfReader {
    private static final String END_OF_RECORD = "$$$$";
    private static final int HEADER_LINES = 4;
    /** Lines of one record at most; V2000 needs 2000 at the most, and properties some more. */
    private static final int LONGEST_RECORD = 200_000;

    private SdfReader() {
    }

    /** @param file for messages */
    static ParsedMolecule read(BufferedReader in, String file) throws IOException {
        List<String> record = new ArrayList<>();
        int records = 0;
        boolean content = false;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith(END_OF_RECORD)) {
                records++;
                content = false;
            } else {
                content |= !line.isBlank();
                if (records == 0) {
                    record.add(line);
                    if (record.size() > LONGEST_RECORD) {
                        throw new LigandException(file + ": line " + LONGEST_RECORD + ": the first molecule does not end; is this an SDF file?");
                    }
                }
            }
        }
        records += content ? 1 : 0;
        if (record.size() < HEADER_LINES) {
            throw new LigandException(file + ": ends before the counts line (line 4); is this an SDF file?");
        }
        List<String> notes = new ArrayList<>();
        if (records > 1) {
            notes.add("The ligand file holds " + records + " molecules; the first was used");
        }
        boolean extended = record.get(HEADER_LINES - 1).contains("V3000");
        IAtomContainer molecule = extended ? v3000(record, file) : v2000(ConnectionTable.check(record, file), file, notes);
        return new ParsedMolecule(record.getFirst().strip(), molecule, HeavyAtoms.Counts.GIVEN, notes);
    }

    private static IAtomContainer v2000(ConnectionTable table, String file, List<String> notes) throws IOException {
        IAtomContainer molecule = v2000(table, file);
        if (hasBareCarbon(molecule)) {
            molecule = v2000(table.withoutValences(), file);
            notes.add("The ligand file has no hydrogens and valences that forbid them; these valences were ignored");
        }
        return molecule;
    }

    private static IAtomContainer v2000(ConnectionTable table, String file) throws IOException {
        IAtomContainer empty = Cdk.newMolecule();
        try (var reader = new MDLV2000Reader(new StringReader(String.join("\n", table.lines()) + "\n"))) {
            IAtomContainer molecule = reader.read(empty);
            if (molecule == null || molecule.getAtomCount() != table.positions().size()) {
                throw new LigandException(file + ": CDK finds another number of atoms than the " + table.positions().size() + " of line 4");
            }
            for (IAtom atom : molecule.atoms()) {
                // CDK takes what looks flat for a drawing; we take the file's numbers
                Vec3 position = table.positions().get(atom.getIndex());
                atom.setPoint3d(new Point3d(position.x(), position.y(), position.z()));
                atom.setID(table.aliases().get(atom.getIndex()));
            }
            return molecule;
        } catch (CDKException | RuntimeException e) {
            throw unreadable(file, e);
        }
    }

    /** Open Babel writes molecules whose hydrogens were never added as radicals: valence 3 for the carbons of a benzene ring. */
    private static boolean hasBareCarbon(IAtomContainer molecule) {
        boolean bare = false;
        for (IAtom atom : molecule.atoms()) {
            if (Cdk.isHydrogen(atom) || molecule.getConnectedSingleElectronsCount(atom) > 0) {
                return false;
            }
            double valence = molecule.getBondOrderSum(atom) + (atom.getImplicitHydrogenCount() == null ? 0 : atom.getImplicitHydrogenCount());
            bare |= Cdk.number(atom) == 6 && Cdk.charge(atom) == 0 && atom.getImplicitHydrogenCount() != null && valence < 4;
        }
        return bare;
    }

    private static IAtomContainer v3000(List<String> record, String file) throws IOException {
        IAtomContainer empty = Cdk.newMolecule();
        try (var reader = new MDLV3000Reader(new StringReader(String.join("\n", record) + "\n"))) {
            IAtomContainer molecule = reader.read(empty);
            if (molecule == null || molecule.getAtomCount() == 0) {
                throw new LigandException(file + ": a molecule without atoms");
            }
            return molecule;
        } catch (CDKException | RuntimeException e) {
            throw unreadable(file, e);
        }
    }

    /** CDK reports a damaged file by whatever its parser stumbled over. */
    static LigandException unreadable(String file, Exception e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().lines().findFirst().orElse("").strip();
        return new LigandException(file + ": CDK cannot read this molecule: " + message, e);
    }
}
