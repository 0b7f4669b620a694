package org.bindrae.data.ligand.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.bindrae.geometry.Vec3;

/** A molecule put together in a test, and its text in several formats. */
public final class DrawnMolecule {
    private record Atom(String element, Vec3 position, String mol2Type) {
    }

    private record Bond(int a, int b, String type) {
    }

    private final String title;
    private final List<Atom> atoms = new ArrayList<>();
    private final List<Bond> bonds = new ArrayList<>();

    public DrawnMolecule(String title) {
        this.title = title;
    }

    /** Returns the number of the atom, from 0. */
    public int atom(String element, double x, double y, double z) {
        return atom(element, element.equals("C") ? "C.3" : element, new Vec3(x, y, z));
    }

    public int atom(String element, String mol2Type, Vec3 position) {
        atoms.add(new Atom(element, position, mol2Type));
        return atoms.size() - 1;
    }

    /** @param type 1, 2, 3 or 4 (aromatic) */
    public DrawnMolecule bond(int a, int b, int type) {
        bonds.add(new Bond(a, b, type == 4 ? "ar" : String.valueOf(type)));
        return this;
    }

    public int size() {
        return atoms.size();
    }

    public Vec3 position(int atom) {
        return atoms.get(atom).position();
    }

    /** A flat ring of carbons at 1.39 Å with one-atom substituents pointing outwards at 1.40 Å; alternating double bonds, or aromatic ones. */
    public static DrawnMolecule benzene(boolean aromatic, String... substituents) {
        var molecule = new DrawnMolecule("ring");
        for (int i = 0; i < 6; i++) {
            molecule.atom("C", "C.ar", onCircle(1.39, i));
        }
        for (int i = 0; i < 6; i++) {
            molecule.bond(i, (i + 1) % 6, aromatic ? 4 : 1 + i % 2);
        }
        for (int i = 0; i < substituents.length; i++) {
            if (!substituents[i].isEmpty()) {
                molecule.bond(i, molecule.atom(substituents[i], substituents[i], onCircle(1.39 + (substituents[i].equals("H") ? 1.08 : 1.40), i)), 1);
            }
        }
        return molecule;
    }

    private static Vec3 onCircle(double radius, int corner) {
        double angle = Math.PI / 3 * corner;
        return new Vec3(10 + radius * Math.cos(angle), 20 + radius * Math.sin(angle), 30);
    }

    public String v2000(String... properties) {
        StringBuilder text = new StringBuilder(title + "\n  test\n\n" + String.format(Locale.ROOT, "%3d%3d  0  0  0  0  0  0  0  0999 V2000%n", atoms.size(),
                bonds.size()));
        for (Atom atom : atoms) {
            text.append(String.format(Locale.ROOT, "%10.4f%10.4f%10.4f %-3s 0  0  0  0  0  0  0  0  0  0  0  0%n", atom.position().x(), atom.position().y(),
                    atom.position().z(), atom.element()));
        }
        for (Bond bond : bonds) {
            text.append(String.format(Locale.ROOT, "%3d%3d%3s  0%n", bond.a() + 1, bond.b() + 1, bond.type().equals("ar") ? "4" : bond.type()));
        }
        for (String property : properties) {
            text.append(property).append('\n');
        }
        return text + "M  END\n$$$$\n";
    }

    public String v3000() {
        StringBuilder text = new StringBuilder(title + "\n  test\n\n  0  0  0     0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS " + atoms.size()
                + " " + bonds.size() + " 0 0 0\nM  V30 BEGIN ATOM\n");
        for (int i = 0; i < atoms.size(); i++) {
            Vec3 p = atoms.get(i).position();
            text.append(String.format(Locale.ROOT, "M  V30 %d %s %.4f %.4f %.4f 0%n", i + 1, atoms.get(i).element(), p.x(), p.y(), p.z()));
        }
        text.append("M  V30 END ATOM\nM  V30 BEGIN BOND\n");
        for (int i = 0; i < bonds.size(); i++) {
            Bond bond = bonds.get(i);
            text.append("M  V30 " + (i + 1) + " " + (bond.type().equals("ar") ? "4" : bond.type()) + " " + (bond.a() + 1) + " " + (bond.b() + 1) + "\n");
        }
        return text + "M  V30 END BOND\nM  V30 END CTAB\nM  END\n$$$$\n";
    }

    public String mol2() {
        StringBuilder text = new StringBuilder("# made by a test\n@<TRIPOS>MOLECULE\n" + title + "\n " + atoms.size() + " " + bonds.size()
                + " 1 0 0\nSMALL\nNO_CHARGES\n\n@<TRIPOS>ATOM\n");
        for (int i = 0; i < atoms.size(); i++) {
            Atom atom = atoms.get(i);
            text.append(String.format(Locale.ROOT, "%7d %s%d %.4f %.4f %.4f %s 1 LIG 0.0000%n", i + 1, atom.element(), i + 1, atom.position().x(),
                    atom.position().y(), atom.position().z(), atom.mol2Type()));
        }
        text.append("@<TRIPOS>BOND\n");
        for (int i = 0; i < bonds.size(); i++) {
            text.append((i + 1) + " " + (bonds.get(i).a() + 1) + " " + (bonds.get(i).b() + 1) + " " + bonds.get(i).type() + "\n");
        }
        return text.toString();
    }
}
