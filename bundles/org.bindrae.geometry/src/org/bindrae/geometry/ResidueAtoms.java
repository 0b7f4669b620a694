package org.bindrae.geometry;

/** The rigid groups of one residue, in its backbone frame. */
final class ResidueAtoms {
    private static final int PSI = 3;
    private static final int CHI1 = 4;

    private final ResidueTemplate template;
    private final RigidFrame backbone;
    private final int index;
    /** The turned frame of each group in that of its parent, and in the backbone frame. */
    private final RigidFrame[] inParent = new RigidFrame[ResidueConstants.GROUPS];
    private final RigidFrame[] inBackbone = new RigidFrame[ResidueConstants.GROUPS];

    ResidueAtoms(ResidueTemplate template, RigidFrame backbone, double[] turns, int index) {
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
