package org.bindrae.data.ligand.internal;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;

import org.bindrae.data.LigandException;
import org.bindrae.data.LigandPose;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IBond;

/** Ligands from SDF, MOL and MOL2 files. */
public final class LigandFile {
    /** Heavy atoms of a ligand at most. */
    static final int LARGEST = 1000;
    private static final int LONGEST_NAME = 80;
    private static final int GZIP_MAGIC = 0x8B1F;

    private LigandFile() {
    }

    /** Whether a file name is that of a ligand file. */
    public static boolean isLigandName(String name) {
        String lower = withoutGzip(name);
        return lower.endsWith(".sdf") || lower.endsWith(".mol") || lower.endsWith(".sd") || lower.endsWith(".mol2");
    }

    /**
     * The first molecule of a file.
     *
     * @throws LigandException naming the file and the place
     */
    public static LigandPose read(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (!isLigandName(name)) {
            throw new LigandException(file + ": not a ligand file; its name must end with .sdf, .mol or .mol2");
        }
        if (!Files.isRegularFile(file)) {
            throw new LigandException(file + ": no such ligand file");
        }
        try (BufferedReader in = open(file)) {
            ParsedMolecule parsed = withoutGzip(name).endsWith(".mol2") ? Mol2File.read(in, file.toString()) : SdfReader.read(in, file.toString());
            check(parsed.molecule(), file.toString());
            List<String> notes = new ArrayList<>(parsed.notes());
            Localisation.apply(parsed.molecule(), notes);
            IAtomContainer heavy = HeavyAtoms.of(parsed.molecule(), parsed.counts());
            return new LigandPose(LigandChemistry.ligand(name(parsed.title(), name), heavy), notes);
        }
    }

    /** What the rest relies on: positions in space, heavy atoms, bonds of two different atoms, none twice. */
    static void check(IAtomContainer molecule, String file) throws LigandException {
        checkBonds(molecule, file);
        int heavy = 0;
        boolean spread = false;
        for (IAtom atom : molecule.atoms()) {
            if (atom.getPoint3d() == null || !Cdk.position(atom).isFinite()) {
                throw new LigandException(file + ": atom " + (atom.getIndex() + 1) + " has no position in space; a pose is needed");
            }
            heavy += Cdk.isHydrogen(atom) ? 0 : 1;
            spread |= !atom.getPoint3d().equals(molecule.getAtom(0).getPoint3d());
        }
        if (heavy == 0) {
            throw new LigandException(file + ": a molecule without heavy atoms");
        }
        if (heavy > LARGEST) {
            throw new LigandException(file + ": " + heavy + " heavy atoms; a ligand may have " + LARGEST);
        }
        if (!spread && molecule.getAtomCount() > 1) {
            throw new LigandException(file + ": all " + molecule.getAtomCount() + " atoms are at one point; a pose is needed");
        }
    }

    private static void checkBonds(IAtomContainer molecule, String file) throws LigandException {
        Set<Long> pairs = new HashSet<>();
        for (IBond bond : molecule.bonds()) {
            int a = bond.getAtomCount() == 2 ? molecule.indexOf(bond.getBegin()) : -1;
            int b = bond.getAtomCount() == 2 ? molecule.indexOf(bond.getEnd()) : -1;
            if (a < 0 || b < 0 || a == b) {
                throw new LigandException(file + ": bond " + (bond.getIndex() + 1) + " is not between two atoms");
            }
            if (!pairs.add((long) Math.min(a, b) * molecule.getAtomCount() + Math.max(a, b))) {
                throw new LigandException(file + ": bond " + (bond.getIndex() + 1) + " connects atoms " + (a + 1) + " and " + (b + 1) + " a second time");
            }
        }
    }

    private static String name(String title, String file) {
        String printable = title.replaceAll("\\p{Cntrl}", " ").strip();
        String name = printable.isEmpty() ? file.substring(0, file.indexOf('.') > 0 ? file.indexOf('.') : file.length()) : printable;
        return name.substring(0, Math.min(LONGEST_NAME, name.length()));
    }

    private static String withoutGzip(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".gz") ? lower.substring(0, lower.length() - 3) : lower;
    }

    /** Latin 1 reads any byte: titles come in all encodings, and the rest is ASCII. */
    private static BufferedReader open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        try {
            in.mark(2);
            boolean gzip = (in.read() | in.read() << 8) == GZIP_MAGIC;
            in.reset();
            return new BufferedReader(new InputStreamReader(gzip ? new GZIPInputStream(in) : in, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            in.close();
            throw new LigandException(file + ": " + e.getMessage(), e);
        }
    }
}
