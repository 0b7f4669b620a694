package org.bindrae.training.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.evaluation.PocketScene;
import org.bindrae.training.report.Svg.Anchor;

/**
 * A pocket seen from the side from which its ligand looks largest: the ligand, and the side chains around it as they are and as they were predicted. Parallel
 * projection, not mirrored; what is farther away is fainter, thinner and hidden by what lies in front.
 */
final class PocketPicture {
    private static final double WIDTH = 920;
    private static final double LEFT = 64;
    private static final double RIGHT = WIDTH - 24;
    private static final double TOP = 84;
    private static final double LARGEST_HEIGHT = 640;
    private static final double SMALLEST_HEIGHT = 380;
    /** Free space around the atoms, Å. */
    private static final double MARGIN = 1.6;
    /** Å by which true side chains give way to predicted ones in front of them. */
    private static final double COVER = 1.2;
    private static final double TRUE_WIDTH = 6.5;
    private static final double PREDICTED_WIDTH = 2.8;
    private static final double LIGAND_WIDTH = 6.5;

    private final PocketScene scene;
    private final String method;
    private final List<Stick> sticks = new ArrayList<>();
    private RigidFrame view;
    private Svg svg;
    private Axis x;
    private Axis y;

    /** A bond in view coordinates; z points to the viewer. */
    private record Stick(Vec3 a, Vec3 b, String kind, double width) {
        double depth() {
            return (a.z() + b.z()) / 2;
        }

        /** What is predicted lies on top of the true place that it nearly covers. */
        double order() {
            return depth() + (kind.equals("truth") ? -COVER : 0);
        }
    }

    private PocketPicture(PocketScene scene, String method) {
        this.scene = scene;
        this.method = method;
    }

    /**
     * Draws a pocket with at least one residue.
     *
     * @param method name of the method that predicted the side chains
     */
    static Svg of(PocketScene scene, String method) {
        return new PocketPicture(scene, method).draw();
    }

    private Svg draw() {
        view = view();
        collect();
        List<Vec3> points = sticks.stream().flatMap(stick -> List.of(stick.a(), stick.b()).stream()).toList();
        double x0 = points.stream().mapToDouble(Vec3::x).min().orElse(-5) - MARGIN;
        double x1 = points.stream().mapToDouble(Vec3::x).max().orElse(5) + MARGIN;
        double y0 = points.stream().mapToDouble(Vec3::y).min().orElse(-5) - MARGIN;
        double y1 = points.stream().mapToDouble(Vec3::y).max().orElse(5) + MARGIN;
        double scale = Math.min((RIGHT - LEFT) / (x1 - x0), LARGEST_HEIGHT / (y1 - y0));
        double plot = Math.max(SMALLEST_HEIGHT, scale * (y1 - y0));
        double spareX = (RIGHT - LEFT) / scale - (x1 - x0);
        double spareY = plot / scale - (y1 - y0);
        double bottom = TOP + plot;
        svg = new Svg(WIDTH, bottom + 52, "Pocket of " + scene.sample(), "Ligand " + scene.ligand().name() + " with " + scene.residues().size()
                + " side chains within 5 Å, true and predicted by " + method + ".");
        x = Axis.of(x0 - spareX / 2, x1 + spareX / 2, 5, LEFT, RIGHT);
        y = Axis.of(y0 - spareY / 2, y1 + spareY / 2, 5, bottom, TOP);
        frame(bottom);
        sticks();
        roots();
        elements();
        new PocketLabels(svg, LEFT, RIGHT, TOP, bottom).write(scene.residues().stream().map(this::label).toList(), covered());
        heading();
        return svg;
    }

    /** Points along all bonds, which names should leave free. */
    private List<Svg.Point> covered() {
        List<Svg.Point> points = new ArrayList<>();
        for (Stick stick : sticks) {
            for (int quarter = 0; quarter <= 4; quarter++) {
                points.add(inner(place(stick.a()), place(stick.b()), quarter / 4.0));
            }
        }
        return points;
    }

    private RigidFrame view() {
        List<Vec3> ligand = scene.ligand().atoms().stream().map(LigandAtom::position).toList();
        if (ligand.size() >= 3) {
            return PrincipalAxes.of(ligand);
        }
        List<Vec3> all = new ArrayList<>(ligand);
        scene.residues().forEach(residue -> all.add(Vec3.at(residue.predictedAtoms(), ResidueConstants.CB)));
        return PrincipalAxes.of(all);
    }

    private void collect() {
        for (PocketScene.SideChain residue : scene.residues()) {
            for (ResidueConstants.Bond bond : ResidueConstants.bonds(residue.type())) {
                boolean sideChain = Math.max(bond.a(), bond.b()) >= ResidueConstants.CB && Math.min(bond.a(), bond.b()) != ResidueConstants.N;
                if (!sideChain) {
                    continue;
                }
                if (residue.known()[bond.a()] && residue.known()[bond.b()]) {
                    sticks.add(new Stick(seen(residue.trueAtoms(), bond.a()), seen(residue.trueAtoms(), bond.b()), "truth", TRUE_WIDTH));
                }
                sticks.add(new Stick(seen(residue.predictedAtoms(), bond.a()), seen(residue.predictedAtoms(), bond.b()), isWrong(residue) ? "wrong" : "right",
                        PREDICTED_WIDTH));
            }
        }
        List<LigandAtom> atoms = scene.ligand().atoms();
        for (Ligand.Bond bond : scene.ligand().bonds()) {
            sticks.add(new Stick(view.toLocal(atoms.get(bond.a()).position()), view.toLocal(atoms.get(bond.b()).position()), "ligand", LIGAND_WIDTH));
        }
        for (LigandAtom atom : atoms) {
            // a point, so that ions and unbonded atoms show
            sticks.add(new Stick(view.toLocal(atom.position()), view.toLocal(atom.position()), "ligand", LIGAND_WIDTH));
        }
    }

    private static boolean isWrong(PocketScene.SideChain residue) {
        return residue.chi1Error() > 20;
    }

    private Vec3 seen(double[] atoms, int slot) {
        return view.toLocal(Vec3.at(atoms, slot));
    }

    private Svg.Point place(Vec3 point) {
        return new Svg.Point(x.at(point.x()), y.at(point.y()));
    }

    private void frame(double bottom) {
        for (int tick = (int) Math.ceil(x.low() / 5); 5 * tick <= x.high(); tick++) {
            svg.line(x.at(5 * tick), bottom, x.at(5 * tick), TOP, "grid").text(x.at(5 * tick), bottom + 17, Anchor.MIDDLE, "tick", x.label(5 * tick));
        }
        for (int tick = (int) Math.ceil(y.low() / 5); 5 * tick <= y.high(); tick++) {
            svg.line(LEFT, y.at(5 * tick), RIGHT, y.at(5 * tick), "grid").text(LEFT - 7, y.at(5 * tick) + 4, Anchor.END, "tick", y.label(5 * tick));
        }
        svg.rect(LEFT, TOP, RIGHT - LEFT, bottom - TOP, 2, "plate");
        svg.text((LEFT + RIGHT) / 2, bottom + 38, Anchor.MIDDLE, "label", "along the ligand / Å");
        svg.upwards(LEFT - 38, (TOP + bottom) / 2, "label", "across the ligand / Å");
    }

    private void sticks() {
        double near = sticks.stream().mapToDouble(Stick::depth).max().orElse(0);
        double far = sticks.stream().mapToDouble(Stick::depth).min().orElse(0);
        // stable: what is equally far keeps its order
        sticks.sort(Comparator.comparingDouble(Stick::order));
        for (Stick stick : sticks) {
            double share = near > far ? (stick.depth() - far) / (near - far) : 1;
            int step = stick.kind().equals("ligand") ? Theme.DEPTHS - 1 : Math.clamp((int) (share * Theme.DEPTHS), 0, Theme.DEPTHS - 1);
            double width = stick.width() * (0.7 + 0.3 * share);
            Svg.Point a = place(stick.a());
            Svg.Point b = place(stick.b());
            // the halo spares the ends, so that it does not cut into the bonds that meet there
            svg.stroke(inner(a, b, 0.2), inner(a, b, 0.8), width + 2.4, "halo");
            svg.stroke(a, b, width, "bond " + stick.kind() + step);
        }
    }

    private static Svg.Point inner(Svg.Point a, Svg.Point b, double share) {
        return new Svg.Point(a.x() + share * (b.x() - a.x()), a.y() + share * (b.y() - a.y()));
    }

    /** Dots where the side chains leave the backbone. */
    private void roots() {
        for (PocketScene.SideChain residue : scene.residues()) {
            Svg.Point at = place(seen(residue.predictedAtoms(), ResidueConstants.CA));
            svg.circle(at.x(), at.y(), 3.4, "root");
        }
    }

    /** Letters on the atoms of the ligand that are not carbon. */
    private void elements() {
        for (LigandAtom atom : scene.ligand().atoms()) {
            if (!atom.element().equals("C")) {
                Svg.Point at = place(view.toLocal(atom.position()));
                svg.text(at.x(), at.y() + 4, Anchor.MIDDLE, "element", atom.element());
            }
        }
    }

    private PocketLabels.Label label(PocketScene.SideChain residue) {
        int last = ResidueConstants.atoms(residue.type()).size() - 1;
        double[] atoms = residue.known()[last] ? residue.trueAtoms() : residue.predictedAtoms();
        Svg.Point end = place(seen(atoms, last));
        Svg.Point root = place(seen(residue.predictedAtoms(), ResidueConstants.CA));
        String code = ResidueConstants.code(residue.type());
        boolean chains = scene.residues().stream().map(other -> other.id().chain()).distinct().count() > 1;
        String name = (chains ? residue.id().chain() + ":" : "") + code.charAt(0) + code.substring(1).toLowerCase(Locale.ROOT) + residue.id().number()
                + residue.id().insertionCode();
        String error = isWrong(residue) ? " Δχ1 " + Numbers.of(residue.chi1Error(), 0) + "°" : "";
        return new PocketLabels.Label(name + error, end, root, isWrong(residue));
    }

    private void heading() {
        svg.text(20, 26, Anchor.START, "title", "Pocket of " + scene.sample() + " with " + scene.ligand().name());
        svg.text(20, 46, Anchor.START, "label", "side chains within 5 Å of the ligand; χ1 right within 20°: " + scene.right() + " of " + scene.compared()
                + "; predicted by "
                + Plot.shortened(method));
        double at = 20;
        at = key(at, "truth", TRUE_WIDTH, "true");
        at = key(at, "right", PREDICTED_WIDTH, "predicted, χ1 within 20°");
        at = key(at, "wrong", PREDICTED_WIDTH, "predicted, χ1 off by more");
        at = key(at, "ligand", LIGAND_WIDTH, "ligand");
        svg.circle(at + 14, 64, 3.4, "root").text(at + 32, 68, Anchor.START, "value", "Cα");
    }

    private double key(double at, String kind, double width, String text) {
        svg.stroke(new Svg.Point(at + 4, 64), new Svg.Point(at + 24, 64), width, "bond " + kind + (Theme.DEPTHS - 1));
        svg.text(at + 32, 68, Anchor.START, "value", text);
        return at + 52 + 5.9 * text.length();
    }
}
