package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ForwardKinematics;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;

/** An uneven α helix with a phenol beside it, as a structure file. */
final class TinyComplex {
    private static final double PHI = -57;
    private static final double PSI = -47;
    private static final double TRANS = 180;
    private static final int PSI_INDEX = 2;
    private static final int CHI1 = 3;
    private static final String[] PHENOL = {"C1", "C2", "C3", "C4", "C5", "C6", "O7"};

    /** A heavy atom of the file. */
    private record Atom(boolean protein, String name, String element, String component, int number, Vec3 place) {
    }

    private final List<Atom> atoms;

    private TinyComplex(List<Atom> atoms) {
        this.atoms = atoms;
    }

    /** @param sequence one-letter codes; χ angles follow from the letters and places */
    static TinyComplex of(String sequence) {
        int[] types = sequence.chars().map(letter -> ResidueConstants.typeOfLetter((char) letter)).toArray();
        double[] placed = ForwardKinematics.atoms(helix(types.length), torsions(types), types);
        List<Atom> atoms = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            for (int slot = 0; slot < ResidueConstants.atoms(types[i]).size(); slot++) {
                String name = ResidueConstants.atoms(types[i]).get(slot);
                Vec3 place = Vec3.at(placed, i * ResidueConstants.SLOTS + slot);
                atoms.add(new Atom(true, name, name.substring(0, 1), ResidueConstants.code(types[i]), i + 1, place));
            }
        }
        // beside the middle of the helix, 6.5 Å from a Cα
        int middle = types.length / 2;
        Vec3 centre = ca(placed, 0).plus(ca(placed, types.length - 1)).times(0.5);
        Vec3 outward = ca(placed, middle).minus(centre).unit();
        RigidFrame frame = RigidFrame.ofAxes(outward, ca(placed, middle + 1).minus(ca(placed, middle)), ca(placed, middle).plus(outward.times(6.5)));
        for (int a = 0; a < PHENOL.length; a++) {
            double angle = Math.toRadians(60 * Math.min(a, 5));
            Vec3 place = a < 6 ? new Vec3(1.39 * Math.cos(angle), 1.39 * Math.sin(angle), 0) : new Vec3(2.75, 0, 0);
            atoms.add(new Atom(false, PHENOL[a], PHENOL[a].substring(0, 1), "IPH", 101, frame.apply(place)));
        }
        return new TinyComplex(atoms);
    }

    private static Vec3 ca(double[] placed, int residue) {
        return Vec3.at(placed, residue * ResidueConstants.SLOTS + 1);
    }

    private static BackboneFrames helix(int length) {
        BackboneFrames frames = new BackboneFrames(new double[9 * length], new double[3 * length], new boolean[length]);
        Vec3 n = Vec3.ZERO;
        Vec3 ca = new Vec3(1.458, 0, 0);
        Vec3 c = new Vec3(2.009, 1.42, 0);
        for (int i = 0; i < length; i++) {
            RigidFrame.ofBackbone(n, ca, c).orElseThrow().store(frames.rotations(), frames.translations(), i);
            frames.mask()[i] = true;
            // uneven also in a bond angle, so that no two distances are the same and the order of the nearest neighbours is certain
            Vec3 nextN = next(n, ca, c, 1.329, 116.2, PSI + 6 * Math.sin(3 * i));
            Vec3 nextCa = next(ca, c, nextN, 1.458, 121.7 + 3 * Math.sin(2 * i), TRANS);
            Vec3 nextC = next(c, nextN, nextCa, 1.525, 111.0, PHI + 6 * Math.cos(5 * i));
            n = nextN;
            ca = nextCa;
            c = nextC;
        }
        return frames;
    }

    /** The point at this bond length, bond angle and dihedral angle (degrees) from three others. */
    private static Vec3 next(Vec3 a, Vec3 b, Vec3 c, double length, double angle, double dihedral) {
        RigidFrame frame = RigidFrame.ofAxes(c.minus(b), b.minus(a).times(-1), c);
        double theta = Math.toRadians(180 - angle);
        double chi = Math.toRadians(dihedral);
        return frame.apply(new Vec3(Math.cos(theta), Math.sin(theta) * Math.cos(chi), Math.sin(theta) * Math.sin(chi)).times(length));
    }

    private static double[] torsions(int[] types) {
        double[] torsions = new double[2 * ResidueConstants.TORSIONS * types.length];
        for (int i = 0; i < types.length; i++) {
            for (int t = 0; t < ResidueConstants.TORSIONS; t++) {
                double degrees = t == PSI_INDEX ? PSI : t >= CHI1 ? new double[] {-65, 180, 60}[(types[i] + i + t) % 3] : 180;
                int at = 2 * (i * ResidueConstants.TORSIONS + t);
                torsions[at] = StrictMath.sin(Math.toRadians(degrees));
                torsions[at + 1] = StrictMath.cos(Math.toRadians(degrees));
            }
        }
        return torsions;
    }

    /** The same complex elsewhere. */
    TinyComplex moved(RigidFrame motion) {
        return new TinyComplex(atoms.stream().map(a -> new Atom(a.protein, a.name, a.element, a.component, a.number, motion.apply(a.place))).toList());
    }

    /** PDB format, coordinates to 0.001 Å. */
    String pdb() {
        StringBuilder text = new StringBuilder();
        int serial = 1;
        for (Atom a : atoms) {
            text.append(String.format(Locale.ROOT, "%-6s%5d  %-3s %3s A%4d    %8.3f%8.3f%8.3f  1.00 20.00          %2s\n", a.protein ? "ATOM" : "HETATM",
                    serial++, a.name, a.component, a.number, a.place.x(), a.place.y(), a.place.z(), a.element));
        }
        return text.append("END\n").toString();
    }

    /** mmCIF format, coordinates to 0.0000001 Å. */
    String cif() {
        StringBuilder text = new StringBuilder("data_tiny\nloop_\n");
        for (String column : List.of("group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id", "label_entity_id",
                "label_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "auth_seq_id", "auth_comp_id",
                "auth_asym_id", "auth_atom_id", "pdbx_PDB_model_num")) {
            text.append("_atom_site.").append(column).append('\n');
        }
        int id = 1;
        for (Atom a : atoms) {
            text.append(String.format(Locale.ROOT, "%s %d %s %s . %s %s %d %s ? %.7f %.7f %.7f 1.00 20.00 %d %s A %s 1\n", a.protein ? "ATOM" : "HETATM",
                    id++, a.element, a.name, a.component, a.protein ? "A" : "B", a.protein ? 1 : 2, a.protein ? a.number : ".", a.place.x(), a.place.y(),
                    a.place.z(), a.number, a.component, a.name));
        }
        return text.append("#\n").toString();
    }

    /** The protein without the phenol, PDB format. */
    String proteinPdb() {
        return new TinyComplex(atoms.stream().filter(Atom::protein).toList()).pdb();
    }

    /** The phenol without the protein, PDB format. */
    String ligandPdb() {
        return new TinyComplex(atoms.stream().filter(a -> !a.protein).toList()).pdb();
    }

    Path writePdb(Path file) throws IOException {
        return Files.writeString(file, pdb());
    }
}
