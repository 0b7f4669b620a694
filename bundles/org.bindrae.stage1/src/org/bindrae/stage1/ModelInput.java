package org.bindrae.stage1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Batch;
import org.bindrae.data.ResidueId;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.stage1.internal.SideChainCentres;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.Packing;

/**
 * What the network sees of T packed residues and M ligand tokens. Nothing here depends on a side chain, which is what the network predicts. Coordinates are Å,
 * centred per sample.
 *
 * @param types residue types [T]
 * @param frames backbone frames; a residue without one of its own has a substitute
 * @param sideChainCentres where the type's side chain would lie on the frame on average [T, 3]
 * @param residueNumbers [T], as the structure numbers them
 * @param chains a number for each chain of a sample [T]
 * @param embeddings [T, width]
 * @param tokens how the ligand tokens are packed, by the same samples
 * @param tokenPositions [M, 3]
 * @param tokenFeatures [M, features]
 * @param local what local messages see; null for a network without them
 */
public record ModelInput(Packing residues, int[] types, BackboneFrames frames, double[] sideChainCentres, int[] residueNumbers, int[] chains,
        float[] embeddings, Packing tokens, double[] tokenPositions, float[] tokenFeatures, LocalInput local) {
    public ModelInput {
        int total = residues.total();
        require("types", types.length, total);
        require("frames", frames.mask().length, total);
        require("sideChainCentres", sideChainCentres.length, 3 * total);
        require("residueNumbers", residueNumbers.length, total);
        require("chains", chains.length, total);
        require("tokenPositions", tokenPositions.length, 3 * tokens.total());
        if (tokens.count() != residues.count()) {
            throw new IllegalArgumentException(residues.count() + " samples of residues, but " + tokens.count() + " of ligand tokens");
        }
        if (total == 0 ? embeddings.length != 0 : embeddings.length % total != 0) {
            throw new IllegalArgumentException(embeddings.length + " numbers are no embeddings of " + total + " residues");
        }
    }

    /**
     * The frames come from N, CA and C of the batch.
     *
     * @param embeddings of all residues of the batch [T, width]
     */
    public static ModelInput of(Batch batch, float[] embeddings) {
        Packing residues = batch.residues();
        BackboneFrames frames = frames(batch);
        int[] numbers = batch.samples().stream().flatMap(sample -> sample.residues().ids().stream()).mapToInt(ResidueId::number).toArray();
        return new ModelInput(residues, batch.types(), frames, SideChainCentres.of(frames, batch.types()), numbers, chains(batch), embeddings, batch.tokens(),
                batch.tokenPositions(), batch.tokenFeatures(), LocalInput.of(batch, frames));
    }

    /** The same residues on another backbone. */
    public ModelInput withFrames(BackboneFrames other) {
        return new ModelInput(residues, types, other, SideChainCentres.of(other, types), residueNumbers, chains, embeddings, tokens, tokenPositions,
                tokenFeatures, local == null ? null : local.moved(frames, other));
    }

    /** The embeddings as numbers of this type where the device takes them fastest, to be closed; null where it takes them as they are. */
    public HostBuffer embeddings(Device device, DType type) {
        HostBuffer buffer = device.hostBuffer((long) embeddings.length * type.bytes());
        if (buffer != null && type == DType.F32) {
            MemorySegment.copy(embeddings, 0, buffer.memory(), ValueLayout.JAVA_FLOAT, 0, embeddings.length);
        } else if (buffer != null) {
            for (int i = 0; i < embeddings.length; i++) {
                type.set(buffer.memory(), i, embeddings[i]);
            }
        }
        return buffer;
    }

    /** Width of the embeddings; 0 without residues. */
    public int embeddingWidth() {
        return residues.total() == 0 ? 0 : embeddings.length / residues.total();
    }

    /** Sample by sample, because a residue without atoms takes its substitute frame from the nearest residue that has one. */
    private static BackboneFrames frames(Batch batch) {
        int slots = ResidueConstants.SLOTS;
        int total = batch.residues().total();
        BackboneFrames all = new BackboneFrames(new double[9 * total], new double[3 * total], new boolean[total]);
        for (int s = 0; s < batch.residues().count(); s++) {
            int start = batch.residues().start(s);
            int end = batch.residues().end(s);
            BackboneFrames frames = BackboneFrames.of(Arrays.copyOfRange(batch.atom14(), start * slots * 3, end * slots * 3),
                    Arrays.copyOfRange(batch.present(), start * slots, end * slots));
            System.arraycopy(frames.rotations(), 0, all.rotations(), 9 * start, 9 * (end - start));
            System.arraycopy(frames.translations(), 0, all.translations(), 3 * start, 3 * (end - start));
            System.arraycopy(frames.mask(), 0, all.mask(), start, end - start);
        }
        return all;
    }

    private static int[] chains(Batch batch) {
        int[] chains = new int[batch.residues().total()];
        for (int s = 0; s < batch.residues().count(); s++) {
            int start = batch.residues().start(s);
            List<ResidueId> ids = batch.samples().get(s).residues().ids();
            List<String> names = ids.stream().map(ResidueId::chain).distinct().toList();
            for (int i = 0; i < ids.size(); i++) {
                chains[start + i] = names.indexOf(ids.get(i).chain());
            }
        }
        return chains;
    }

    private static void require(String name, int length, int expected) {
        if (length != expected) {
            throw new IllegalArgumentException(name + " must have a length of " + expected + ", not " + length);
        }
    }
}
