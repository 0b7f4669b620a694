package org.bindrae.training.prediction;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

import org.bindrae.data.Batch;
import org.bindrae.data.Sample;
import org.bindrae.esm.EmbeddingConfig;
import org.bindrae.esm.ResidueEmbedder;
import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.TensorArena;
import org.bindrae.training.FrameNoise;
import org.bindrae.training.Inference;
import org.bindrae.training.RotamerWell;
import org.bindrae.training.packing.PackedSideChains;
import org.bindrae.training.packing.RotamerCandidates;
import org.bindrae.training.packing.SideChainPacking;

/**
 * Predicts with the network. Where it keeps the backbone, N, CA, C and O stay exactly as given and the side chain is built on them; where it moves the frames,
 * all atoms are the network's.
 *
 * <p>The confidence of a residue with χ1 is the probability that the network gives to angles about the predicted χ1 ({@link AngleBins#HALF_WINDOW} on each
 * side). Networks without distributions have one that is not calibrated: the probability that the rotamer head gives to the well in which the predicted χ1 lies,
 * or without that head the length of χ1's (sin, cos) pair before normalisation, at most 1. A residue without χ1 has nothing to be unsure of: 1.
 */
public final class ModelPredictor implements PredictionMethod {
    /** Residues of a batch at most, unless a sample alone has more. */
    private static final int BATCH_RESIDUES = 2000;
    private static final int CHI1 = 3;
    private static final int WELLS = 3;
    /** Number of the noise. */
    private static final int DRAW = 0;

    private final Inference network;
    private final Stage1Model model;
    private final ResidueEmbedder embedder;
    private final EmbeddingConfig embedding;
    private final FrameNoise noise;
    /** Null for the most probable angles. */
    private final SideChainPacking packing;

    /** @param embedder of the kind that the network was trained with */
    public ModelPredictor(Inference network, ResidueEmbedder embedder, EmbeddingConfig embedding) {
        this(network, embedder, embedding, null, null);
    }

    private ModelPredictor(Inference network, ResidueEmbedder embedder, EmbeddingConfig embedding, FrameNoise noise, SideChainPacking packing) {
        this.network = network;
        this.model = network.model();
        this.embedder = embedder;
        this.embedding = embedding;
        this.noise = noise;
        this.packing = packing;
    }

    /** The same network on perturbed backbones, which it is to recover: for the evaluation of one that was trained to. */
    public ModelPredictor withNoise(FrameNoise frames) {
        return new ModelPredictor(network, embedder, embedding, frames, packing);
    }

    /**
     * The same network, whose distributions are then searched for side chains that fit together. A network without distributions cannot do that.
     *
     * @throws IllegalStateException for such a network
     */
    public ModelPredictor packed(SideChainPacking by) {
        if (model.config().chi().bins() == 0) {
            throw new IllegalStateException("this network gives no distributions over χ angles, of which side chains could be packed");
        }
        return new ModelPredictor(network, embedder, embedding, noise, by);
    }

    /** What went wrong with attention backends, as {@link Inference#faults} says. */
    public List<String> faults() {
        return network.faults();
    }

    @Override
    public String name() {
        return packing == null ? "network" : "network, packed";
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>(faults());
        if (noise != null) {
            notes.add("Its backbone was perturbed: each frame shifted by a normal deviate of " + noise.shift() + " Å along each axis and turned by one of "
                    + noise.turn() + "° about a random axis, seed " + noise.seed());
        }
        return notes;
    }

    /**
     * @throws IOException naming the sample, when it has no embeddings or the network's output is not finite
     * @throws IllegalStateException when there is no attention backend that can predict; the message says why
     * @throws CancellationException when the thread was interrupted
     */
    @Override
    public List<Prediction> predict(List<Sample> samples) throws IOException {
        List<Prediction> predictions = new ArrayList<>();
        try (TensorArena arena = model.parameters().device().arena()) {
            for (int from = 0, to; from < samples.size(); from = to) {
                if (Thread.interrupted()) {
                    throw new CancellationException("the prediction was stopped");
                }
                int residues = samples.get(from).residues().size();
                for (to = from + 1; to < samples.size() && residues + samples.get(to).residues().size() <= BATCH_RESIDUES; to++) {
                    residues += samples.get(to).residues().size();
                }
                predictions.addAll(predict(arena, Batch.of(samples.subList(from, to))));
            }
        }
        return predictions;
    }

    private List<Prediction> predict(TensorArena arena, Batch batch) throws IOException {
        float[] embeddings = new float[batch.residues().total() * model.config().embeddingWidth()];
        for (int s = 0; s < batch.samples().size(); s++) {
            float[] own = embedder.embed(batch.samples().get(s), embedding);
            if (own.length != batch.residues().length(s) * model.config().embeddingWidth()) {
                throw new IOException("sample " + batch.samples().get(s).id() + ": embeddings of " + own.length / batch.residues().length(s)
                        + " numbers per residue, but the network takes " + model.config().embeddingWidth());
            }
            System.arraycopy(own, 0, embeddings, batch.residues().start(s) * model.config().embeddingWidth(), own.length);
        }
        ModelInput input = ModelInput.of(batch, embeddings);
        Stage1Output output = network.forward(arena, noise == null ? input : input.withFrames(perturbed(input, batch)));
        double[] torsions = output.torsions().toDoubles();
        if (output.chi() != null) {
            keepBackbone(batch, torsions);
        }
        double[] confidence = confidence(batch.types(), torsions, output);
        if (packing != null) {
            double[] logits = output.chi().logits().toDoubles();
            for (int s = 0; s < batch.samples().size(); s++) {
                pack(batch, s, new NetworkDistribution(model, arena, output.chi(), batch.residues().start(s)), logits, torsions, confidence);
            }
        }
        double[] atoms = output.atoms().toDoubles();
        List<Prediction> predictions = new ArrayList<>();
        for (int s = 0; s < batch.samples().size(); s++) {
            predictions.add(prediction(batch, s, torsions, confidence, atoms));
        }
        return predictions;
    }

    private void pack(Batch batch, int s, NetworkDistribution distribution, double[] logits, double[] torsions, double[] confidence) {
        Sample sample = batch.samples().get(s);
        int start = batch.residues().start(s);
        RotamerCandidates candidates = RotamerCandidates.of(sample.residues().types(), Repacking.possible(sample.residues()), distribution,
                RotamerCandidates.Limits.defaults());
        PackedSideChains packed = packing.pack(sample, candidates);
        double[] own = slice(torsions, start, batch.residues().end(s), 2 * ResidueConstants.TORSIONS);
        packed.store(own);
        System.arraycopy(own, 0, torsions, 2 * ResidueConstants.TORSIONS * start, own.length);
        AngleBins bins = distribution.bins();
        for (int i = 0; i < sample.residues().size(); i++) {
            if (packed.choice()[i] > 0 && ResidueConstants.chiCount(sample.residues().types()[i]) > 0) {
                confidence[start + i] = bins.mass(logits, (start + i) * ResidueConstants.CHIS * bins.count(), packed.chosen(i).chi()[0]);
            }
        }
    }

    /** A network of distributions says nothing of torsions that the backbone has. */
    private static void keepBackbone(Batch batch, double[] torsions) {
        Torsions given = Torsions.of(batch.types(), batch.atom14(), batch.present(), batch.breakBefore());
        for (int i = 0; i < given.mask().length; i++) {
            if (i % ResidueConstants.TORSIONS < CHI1 && given.mask()[i]) {
                torsions[2 * i] = given.sinCos()[2 * i];
                torsions[2 * i + 1] = given.sinCos()[2 * i + 1];
            }
        }
    }

    private BackboneFrames perturbed(ModelInput input, Batch batch) {
        BackboneFrames frames = new BackboneFrames(input.frames().rotations().clone(), input.frames().translations().clone(), input.frames().mask());
        for (int s = 0; s < batch.samples().size(); s++) {
            noise.move(frames, batch.residues().start(s), batch.residues().end(s), batch.samples().get(s).id(), DRAW);
        }
        return frames;
    }

    private Prediction prediction(Batch batch, int s, double[] allTorsions, double[] allConfidence, double[] allAtoms) throws IOException {
        Sample sample = batch.samples().get(s);
        int start = batch.residues().start(s);
        int end = batch.residues().end(s);
        boolean[] predicted = Repacking.possible(sample.residues());
        double[] torsions = slice(allTorsions, start, end, 2 * ResidueConstants.TORSIONS);
        double[] confidence = slice(allConfidence, start, end, 1);
        double[] atoms = model.config().updateFrames() ? placed(batch, s, slice(allAtoms, start, end, 3 * ResidueConstants.SLOTS), predicted)
                : Repacking.atoms(sample.residues(), torsions, predicted);
        if (!Arrays.stream(atoms).allMatch(Double::isFinite)) {
            throw new IOException("sample " + sample.id() + ": the network's output is not finite; its weights are damaged, or its training had diverged");
        }
        for (int i = 0; i < predicted.length; i++) {
            if (!predicted[i]) {
                confidence[i] = Double.NaN;
                Arrays.fill(torsions, 2 * ResidueConstants.TORSIONS * i, 2 * ResidueConstants.TORSIONS * (i + 1), Double.NaN);
            }
        }
        return new Prediction(sample, atoms, predicted, torsions, confidence);
    }

    /** The network's atoms in the coordinates of the file, those of the sample where nothing is predicted. */
    private static double[] placed(Batch batch, int s, double[] centred, boolean[] predicted) {
        double[] atoms = batch.samples().get(s).residues().atom14().clone();
        int[] types = batch.samples().get(s).residues().types();
        for (int i = 0; i < atoms.length; i++) {
            int atom = i / 3;
            int residue = atom / ResidueConstants.SLOTS;
            if (predicted[residue]) {
                atoms[i] = ResidueConstants.exists(types[residue], atom % ResidueConstants.SLOTS) ? centred[i] + batch.origins()[3 * s + i % 3] : 0;
            }
        }
        return atoms;
    }

    private static double[] slice(double[] values, int start, int end, int width) {
        return Arrays.copyOfRange(values, start * width, end * width);
    }

    private static double[] confidence(int[] types, double[] torsions, Stage1Output output) {
        double[] logits = output.rotamerLogits() == null ? null : output.rotamerLogits().toDoubles();
        double[] raw = output.rawTorsions() == null ? null : output.rawTorsions().toDoubles();
        double[] masses = output.chi() == null ? null : output.chi().masses().toDoubles();
        double[] confidence = new double[types.length];
        for (int i = 0; i < types.length; i++) {
            int pair = 2 * (i * ResidueConstants.TORSIONS + CHI1);
            if (ResidueConstants.chiCount(types[i]) == 0) {
                confidence[i] = 1;
            } else if (masses != null) {
                confidence[i] = masses[ResidueConstants.CHIS * i];
            } else if (logits == null) {
                confidence[i] = Math.min(1, Math.hypot(raw[pair], raw[pair + 1]));
            } else {
                confidence[i] = probability(logits, WELLS * i, RotamerWell.of(StrictMath.atan2(torsions[pair], torsions[pair + 1])).ordinal());
            }
        }
        return confidence;
    }

    /** Softmax of three logits from {@code first} on. */
    private static double probability(double[] logits, int first, int well) {
        double sum = 0;
        for (int w = 0; w < WELLS; w++) {
            sum += StrictMath.exp(logits[first + w] - logits[first + well]);
        }
        return 1 / sum;
    }
}
