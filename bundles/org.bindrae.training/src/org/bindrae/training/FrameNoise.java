package org.bindrae.training;

import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.Philox;

/**
 * Perturbs backbone frames at random: each is shifted, and turned about a random axis through its origin.
 *
 * @param shift standard deviation along each axis, Å
 * @param turn standard deviation of the angle, degrees
 */
public record FrameNoise(double shift, double turn, long seed) {
    /** Numbers per residue: shift, axis, angle. */
    private static final int NUMBERS = 7;

    /**
     * Moves the residues from … to of a batch; the same sample is moved in the same way whatever batch it is in.
     *
     * @param draw another number gives other noise: the epoch
     * @param sample id of the sample that these residues are
     */
    public void move(BackboneFrames frames, int from, int to, String sample, int draw) {
        long stream = Philox.stream("noise/" + draw + "/" + sample);
        for (int i = from; i < to; i++) {
            long index = (long) NUMBERS * (i - from);
            RigidFrame frame = frames.frame(i);
            Vec3 axis = vector(stream, index + 3).unit();
            double angle = Math.toRadians(turn) * Philox.normal(seed, stream, index + 6);
            Vec3 origin = frame.origin().plus(vector(stream, index).times(shift));
            frame.compose(RigidFrame.ofAxisAngle(axis.times(angle), Vec3.ZERO)).withOrigin(origin).store(frames.rotations(), frames.translations(), i);
        }
    }

    private Vec3 vector(long stream, long index) {
        return new Vec3(Philox.normal(seed, stream, index), Philox.normal(seed, stream, index + 1), Philox.normal(seed, stream, index + 2));
    }
}
