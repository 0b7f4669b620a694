package org.bindrae.geometry;

import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/**
 * Atom positions from backbone frames and torsions (AlphaFold2, Algorithm 24): every atom is placed at its ideal position in the frame of
 * its rigid group, which turns by its torsion; χ groups are chained.
 */
public final class ForwardKinematics {
    private static final int GRAIN = 32;

    private ForwardKinematics() {
    }

    /**
     * Builds all atoms of T residues.
     *
     * @param torsions (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 14]; taken as they are, see {@link UnitTorsions}
     * @param types residue types [T]
     * @return positions [T, 14, 3], Å; 0 for slots that do not exist
     */
    public static Tensor atoms(Tape tape, Frames frames, Tensor torsions, int[] types) {
        int residues = types.length;
        HostValues.require("rotations", frames.rotations(), residues, 9);
        HostValues.require("torsions", torsions, residues, 2 * ResidueConstants.TORSIONS);
        HostDevice host = HostDevice.of(torsions);
        BackboneFrames backbone = frames.values(null);
        double[] turns = torsions.toDoubles();
        double[] atoms = new double[residues * ResidueConstants.SLOTS * 3];
        host.parallel(residues, GRAIN, (from, to) -> {
            for (int i = from; i < to; i++) {
                new Residue(ResidueConstants.template(types[i]), backbone.frame(i), turns, i).place(atoms);
            }
        });
        Shape shape = Shape.of(residues, ResidueConstants.SLOTS, 3);
        Tensor result = HostValues.output(tape, shape, atoms, torsions, frames.rotations(), frames.translations());
        if (result.requiresGradient()) {
            tape.record(() -> {
                double[] upstream = tape.gradient(result).toDoubles();
                BackboneFrames frameGradient = new BackboneFrames(new double[9 * residues], new double[3 * residues], null);
                double[] turnGradient = new double[turns.length];
                host.parallel(residues, GRAIN, (from, to) -> {
                    for (int i = from; i < to; i++) {
                        new Residue(ResidueConstants.template(types[i]), backbone.frame(i), turns, i)
                                .pushBack(upstream, frameGradient, turnGradient);
                    }
                });
                HostValues.add(tape.gradient(frames.rotations()), frameGradient.rotations());
                HostValues.add(tape.gradient(frames.translations()), frameGradient.translations());
                HostValues.add(tape.gradient(torsions), turnGradient);
            });
        }
        return result;
    }

    /**
     * Builds all atoms of T residues from plain numbers.
     *
     * @param torsions (sin, cos) of pre-ω, φ, ψ, χ1–χ4 [T, 14]
     * @param types residue types [T]
     * @return positions [T, 14, 3], Å; 0 for slots that do not exist
     */
    public static double[] atoms(BackboneFrames frames, double[] torsions, int[] types) {
        HostValues.require("rotations", frames.rotations().length, 9 * types.length);
        HostValues.require("torsions", torsions.length, 2 * ResidueConstants.TORSIONS * types.length);
        double[] atoms = new double[types.length * ResidueConstants.SLOTS * 3];
        for (int i = 0; i < types.length; i++) {
            new Residue(ResidueConstants.template(types[i]), frames.frame(i), torsions, i).place(atoms);
        }
        return atoms;
    }

    /** The rigid groups of one residue, in its backbone frame. */
    private static final class Residue {
        private static final int PSI = 3;
        private static final int CHI1 = 4;

        private final ResidueTemplate template;
        private final RigidFrame backbone;
        private final int index;
        /** The turned frame of each group in that of its parent, and in the backbone frame. */
        private final RigidFrame[] inParent = new RigidFrame[ResidueConstants.GROUPS];
        private final RigidFrame[] inBackbone = new RigidFrame[ResidueConstants.GROUPS];

        Residue(ResidueTemplate template, RigidFrame backbone, double[] turns, int index) {
            this.template = template;
            this.backbone = backbone;
            this.index = index;
            inBackbone[0] = RigidFrame.IDENTITY;
            for (int group = PSI; group < groups(); group++) {
                int turn = turn(group);
                Vec3 ey = new Vec3(0, turns[turn + 1], turns[turn]);
                Vec3 ez = new Vec3(0, -turns[turn], turns[turn + 1]);
                RigidFrame turned = new RigidFrame(RigidFrame.IDENTITY.ex(), ey, ez, Vec3.ZERO);
                inParent[group] = template.defaultFrames().get(group).compose(turned);
                inBackbone[group] = group > CHI1 ? inBackbone[group - 1].compose(inParent[group]) : inParent[group];
            }
        }

        /** Groups with atoms: up to the last χ. */
        private int groups() {
            return template.groups().isEmpty() ? 0 : CHI1 + template.chis().size();
        }

        /** Where the (sin, cos) of a group lie. */
        private int turn(int group) {
            return 2 * (index * ResidueConstants.TORSIONS + group - 1);
        }

        private int atom(int slot) {
            return index * ResidueConstants.SLOTS + slot;
        }

        void place(double[] atoms) {
            for (int slot = 0; slot < template.groups().size(); slot++) {
                RigidFrame group = inBackbone[template.groups().get(slot)];
                backbone.apply(group.apply(template.ideal().get(slot))).store(atoms, atom(slot));
            }
        }

        void pushBack(double[] upstream, BackboneFrames frameGradient, double[] turnGradient) {
            FrameGradient ofBackbone = new FrameGradient();
            FrameGradient[] ofGroup = new FrameGradient[ResidueConstants.GROUPS];
            for (int group = 0; group < ResidueConstants.GROUPS; group++) {
                ofGroup[group] = new FrameGradient();
            }
            for (int slot = 0; slot < template.groups().size(); slot++) {
                int group = template.groups().get(slot);
                Vec3 ideal = template.ideal().get(slot);
                Vec3 gradient = Vec3.at(upstream, atom(slot));
                ofBackbone.addPoint(gradient, inBackbone[group].apply(ideal));
                ofGroup[group].addPoint(backbone.rotateBack(gradient), ideal);
            }
            for (int group = groups() - 1; group >= PSI; group--) {
                FrameGradient gradient = group > CHI1
                        ? ofGroup[group].throughCompose(inBackbone[group - 1], inParent[group], ofGroup[group - 1]) : ofGroup[group];
                RigidFrame axes = template.defaultFrames().get(group);
                Vec3 ofEy = axes.rotateBack(gradient.column(1));
                Vec3 ofEz = axes.rotateBack(gradient.column(2));
                turnGradient[turn(group)] = ofEy.z() - ofEz.y();
                turnGradient[turn(group) + 1] = ofEy.y() + ofEz.z();
            }
            ofBackbone.store(frameGradient.rotations(), frameGradient.translations(), index);
        }
    }
}
