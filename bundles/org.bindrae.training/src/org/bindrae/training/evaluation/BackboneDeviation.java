package org.bindrae.training.evaluation;

import java.util.stream.IntStream;

import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.Fape;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Superposition;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.Packing;
import org.bindrae.training.prediction.Prediction;

/**
 * How far a predicted backbone lies from the true one; sums, so that structures can be put together. Over residues that were predicted and have a true backbone
 * frame.
 *
 * @param fapeSum sum over frames of the frame-aligned error of N, CA and C, clamped at 10 Å, Å
 * @param frames number of frames
 * @param largestShift largest distance of a CA from its true place, Å
 * @param interfaceSum sum of squared distances of the backbone atoms (N, CA, C, O) of residues within {@link Subset#CONTACT} of the ligand after superposing
 * them, Å²
 * @param interfaceAtoms number of these atoms
 */
public record BackboneDeviation(double fapeSum, long frames, double largestShift, double interfaceSum, long interfaceAtoms) {
    public static final BackboneDeviation NONE = new BackboneDeviation(0, 0, 0, 0, 0);
    /** In Å, without the usual division by 10 Å. */
    private static final Fape FAPE = new Fape(10, 1, 0);
    private static final int SLOTS = ResidueConstants.SLOTS;

    static BackboneDeviation of(TrueStructure truth, Prediction prediction) {
        ResidueTable table = truth.sample().residues();
        boolean[] known = new boolean[table.present().length];
        boolean[] inner = new boolean[known.length];
        boolean[] contact = new boolean[known.length];
        boolean[] frames = new boolean[table.size()];
        double shift = 0;
        boolean same = true;
        for (int i = 0; i < known.length; i++) {
            int residue = i / SLOTS;
            int slot = i % SLOTS;
            frames[residue] = prediction.predicted()[residue] && truth.frames().mask()[residue];
            known[i] = frames[residue] && table.present()[i];
            inner[i] = known[i] && slot <= ResidueConstants.C;
            contact[i] = known[i] && slot <= ResidueConstants.O && truth.sample().ligandDistance()[residue] <= Subset.CONTACT;
            same &= !known[i] || slot > ResidueConstants.O || Vec3.at(table.atom14(), i).equals(Vec3.at(prediction.atom14(), i));
            if (known[i] && slot == ResidueConstants.CA) {
                shift = Math.max(shift, Vec3.at(table.atom14(), i).distance(Vec3.at(prediction.atom14(), i)));
            }
        }
        int count = (int) IntStream.range(0, frames.length).filter(i -> frames[i]).count();
        int atoms = (int) IntStream.range(0, contact.length).filter(i -> contact[i]).count();
        if (same) {
            return new BackboneDeviation(0, count, 0, 0, atoms);
        }
        BackboneFrames trueFrames = new BackboneFrames(truth.frames().rotations(), truth.frames().translations(), frames);
        double fape = FAPE.errors(BackboneFrames.of(prediction.atom14(), prediction.present()), prediction.atom14(),
                new Fape.Target(trueFrames, table.atom14(), inner), Packing.ofLengths(table.size()))[0];
        double interfaceSum = 0;
        if (atoms > 0) {
            RigidFrame motion = Superposition.of(prediction.atom14(), table.atom14(), contact).motion();
            for (int i = 0; i < contact.length; i++) {
                if (contact[i]) {
                    Vec3 gap = motion.apply(Vec3.at(prediction.atom14(), i)).minus(Vec3.at(table.atom14(), i));
                    interfaceSum += gap.dot(gap);
                }
            }
        }
        return new BackboneDeviation(fape * count, count, shift, interfaceSum, atoms);
    }

    public BackboneDeviation plus(BackboneDeviation other) {
        return new BackboneDeviation(fapeSum + other.fapeSum, frames + other.frames, Math.max(largestShift, other.largestShift),
                interfaceSum + other.interfaceSum, interfaceAtoms + other.interfaceAtoms);
    }

    /** Mean over all frames, Å; 0 without frames. */
    public double fape() {
        return frames == 0 ? 0 : fapeSum / frames;
    }

    /** Root mean square over the backbone atoms of all interfaces, Å, each structure's superposed by themselves; 0 without any. */
    public double interfaceRmsd() {
        return interfaceAtoms == 0 ? 0 : Math.sqrt(interfaceSum / interfaceAtoms);
    }

    /** Whether the method moved the backbone at all. */
    public boolean moved() {
        return largestShift > 0.01;
    }
}
