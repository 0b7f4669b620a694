package org.bindrae.stage1;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.attention.IpaConfig;
import org.bindrae.data.LigandTokens;
import org.bindrae.edge.Distance;
import org.bindrae.edge.EdgeConfig;
import org.bindrae.edge.EdgeFeatures;
import org.bindrae.edge.EdgeMode;
import org.bindrae.edge.EdgeModes;
import org.bindrae.geometry.AngleBins;

/**
 * Sizes and switches of the network. Values are not checked when a configuration is made but by {@link #validate()}, so that all mistakes of a file can be told
 * at once.
 *
 * @param embeddingWidth width of the residue embeddings that come in
 * @param cS width of the residue representation
 * @param depth number of blocks
 * @param transitionFactor hidden width of a block's transition in multiples of cS
 * @param headWidth hidden width of the frame update, torsion and rotamer heads
 * @param dropout rate while training
 * @param preNorm whether a block normalises what its attention reads; without, only the transition and the heads do
 * @param updateFrames whether blocks move the backbone frames; without, the given backbone is kept exactly
 * @param maxTurn largest rotation of a frame by one block, degrees
 * @param maxShift largest shift of a frame by one block, Å
 * @param rotamerHead whether there is a head for the class of χ1
 */
public record Stage1Config(int embeddingWidth, int cS, Edge edge, Attention attention, Ligand ligand, int depth, int transitionFactor, int headWidth,
        double dropout, boolean preNorm, boolean updateFrames, double maxTurn, double maxShift, boolean rotamerHead, Local local, Chi chi) {

    /**
     * The pair features, see {@link EdgeConfig}.
     *
     * @param mode name of an edge mode
     */
    public record Edge(String mode, int cZ, int rank, int featDim, int bins, int neighbours, Distance distance, int rbfKernels, boolean chainIndex,
            int maxLength) {
    }

    /** Invariant point attention, see {@link IpaConfig}. */
    public record Attention(int cHidden, int heads, int qkPoints, int vPoints, double biasScale) {
    }

    /**
     * How the ligand conditions the residues.
     *
     * @param features per ligand token
     * @param width of the embedding of a (residue, token) pair
     * @param heads attention heads, a divisor of cS; 0 for residues that no ligand conditions
     * @param filmWidth hidden width of the modulation
     * @param everyBlock whether it conditions after the adapter and after every block; without, after the adapter only
     * @param learnedGate whether a learned scalar weighs the conditioning
     * @param warmUpSteps training steps over which the conditioning grows from nothing to its full weight
     */
    public record Ligand(int features, int width, int heads, int filmWidth, boolean everyBlock, boolean learnedGate, int warmUpSteps) {
    }

    /**
     * Messages between near residues, which see the geometry of each pair.
     *
     * @param neighbours nearest residues that each residue hears of; 0 for a network without messages
     * @param width of a pair's features and of the messages
     * @param atoms nearest atoms of ligand and surroundings that each residue sees; 0 for none
     * @param attention whether blocks attend to all residues as well
     */
    public record Local(int neighbours, int width, int atoms, boolean attention) {
        /** No messages, attention alone. */
        public static final Local NONE = new Local(0, 0, 0, true);
    }

    /**
     * Distributions over χ angles instead of one (sin, cos) each.
     *
     * @param bins of each χ; 0 for (sin, cos)
     * @param drafts whether each block but the last says what it takes the distributions for, and the next ones see it
     */
    public record Chi(int bins, boolean drafts) {
        /** (sin, cos). */
        public static final Chi NONE = new Chi(0, false);
    }

    /** A network without messages and distributions. */
    public Stage1Config(int embeddingWidth, int cS, Edge edge, Attention attention, Ligand ligand, int depth, int transitionFactor, int headWidth,
            double dropout, boolean preNorm, boolean updateFrames, double maxTurn, double maxShift, boolean rotamerHead) {
        this(embeddingWidth, cS, edge, attention, ligand, depth, transitionFactor, headWidth, dropout, preNorm, updateFrames, maxTurn, maxShift, rotamerHead,
                Local.NONE, Chi.NONE);
    }

    /** The sizes of the specification, for embeddings of 1280 numbers. */
    public static Stage1Config defaults() {
        Edge edge = new Edge(EdgeModes.DEFAULT, 128, 2, 64, 22, 10, Distance.DISTOGRAM, 16, true, 512);
        Attention attention = new Attention(128, 8, 8, 12, IpaConfig.DEFAULT_BIAS_SCALE);
        Ligand ligand = new Ligand(LigandTokens.WIDTH, 64, 8, 128, true, true, 2000);
        return new Stage1Config(1280, 384, edge, attention, ligand, 3, 4, 128, 0.1, false, false, 15, 1.5, true);
    }

    /** The configuration of the published system: 12 ligand features, one conditioning without a learned gate, no rotamer head. */
    public static Stage1Config seed() {
        Stage1Config c = defaults();
        Edge edge = new Edge(c.edge.mode, c.edge.cZ, c.edge.rank, c.edge.featDim, c.edge.bins, c.edge.neighbours, c.edge.distance, c.edge.rbfKernels, false,
                c.edge.maxLength);
        Ligand ligand = new Ligand(12, c.ligand.width, c.ligand.heads, c.ligand.filmWidth, false, false, c.ligand.warmUpSteps);
        return new Stage1Config(c.embeddingWidth, c.cS, edge, c.attention, ligand, c.depth, c.transitionFactor, c.headWidth, c.dropout, false, true, c.maxTurn,
                c.maxShift, false);
    }

    /** A network for trials on a laptop, a twentieth of the {@linkplain #defaults() default} one. */
    public static Stage1Config small() {
        Stage1Config c = defaults();
        Edge edge = new Edge(c.edge.mode, 32, c.edge.rank, 32, c.edge.bins, c.edge.neighbours, c.edge.distance, c.edge.rbfKernels, c.edge.chainIndex,
                c.edge.maxLength);
        Attention attention = new Attention(32, 4, 4, 6, c.attention.biasScale);
        Ligand ligand = new Ligand(c.ligand.features, 32, 4, 64, c.ligand.everyBlock, c.ligand.learnedGate, 200);
        return new Stage1Config(c.embeddingWidth, 128, edge, attention, ligand, 2, c.transitionFactor, 64, c.dropout, c.preNorm, c.updateFrames, c.maxTurn,
                c.maxShift, c.rotamerHead);
    }

    /** The packer: local messages beside the attention, and distributions over χ angles. */
    public static Stage1Config packer() {
        Stage1Config c = defaults();
        Edge edge = new Edge(c.edge.mode, 64, c.edge.rank, 32, c.edge.bins, c.edge.neighbours, c.edge.distance, c.edge.rbfKernels, c.edge.chainIndex,
                c.edge.maxLength);
        Attention attention = new Attention(32, 8, 4, 8, c.attention.biasScale);
        Ligand ligand = new Ligand(c.ligand.features, c.ligand.width, 0, c.ligand.filmWidth, false, false, 0);
        return new Stage1Config(c.embeddingWidth, 256, edge, attention, ligand, 5, 2, 256, 0.1, true, false, c.maxTurn, c.maxShift, false,
                new Local(32, 192, 16, true), new Chi(72, true));
    }

    /** The same for embeddings of another width. */
    public Stage1Config withEmbeddingWidth(int width) {
        return new Stage1Config(width, cS, edge, attention, ligand, depth, transitionFactor, headWidth, dropout, preNorm, updateFrames, maxTurn, maxShift,
                rotamerHead, local, chi);
    }

    /** The same with frames that move or do not. */
    public Stage1Config withUpdateFrames(boolean update) {
        return new Stage1Config(embeddingWidth, cS, edge, attention, ligand, depth, transitionFactor, headWidth, dropout, preNorm, update, maxTurn, maxShift,
                rotamerHead, local, chi);
    }

    /** The sizes of the edge embedder. */
    public EdgeConfig edgeConfig() {
        return new EdgeConfig(cS, edge.cZ, edge.rank, edge.featDim, edge.bins, edge.neighbours, edge.distance, edge.rbfKernels, edge.chainIndex,
                edge.maxLength);
    }

    /** The sizes of the attention, which the kind of pair features decides too. */
    public IpaConfig ipaConfig(EdgeMode edgeMode) {
        Class<? extends EdgeFeatures> features = edgeMode.produces(edgeConfig());
        int pairWidth = features == EdgeFeatures.None.class ? 0 : edge.cZ;
        int factors = features == EdgeFeatures.Factors.class ? edge.rank : 0;
        return new IpaConfig(cS, pairWidth, attention.cHidden, attention.heads, attention.qkPoints, attention.vPoints, factors, attention.biasScale);
    }

    /**
     * Says what is wrong with the values.
     *
     * @throws IllegalArgumentException with one sentence for each mistake, separated by semicolons
     */
    public void validate() {
        List<String> problems = new ArrayList<>();
        atLeast(problems, "embeddingWidth", embeddingWidth, 1);
        atLeast(problems, "cS", cS, 1);
        atLeast(problems, "depth", depth, 1);
        atLeast(problems, "transitionFactor", transitionFactor, 1);
        atLeast(problems, "headWidth", headWidth, 1);
        if (!(dropout >= 0 && dropout < 1)) {
            problems.add("dropout must be at least 0 and less than 1, not " + dropout);
        }
        positive(problems, "maxTurn", maxTurn);
        positive(problems, "maxShift", maxShift);
        checkEdge(problems);
        checkAttention(problems);
        checkLigand(problems);
        checkLocal(problems);
        checkChi(problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    private void checkEdge(List<String> problems) {
        if (edge == null) {
            problems.add("edge is missing");
            return;
        }
        if (edge.mode == null || edge.distance == null) {
            problems.add("edge.mode and edge.distance must be set");
        }
        atLeast(problems, "edge.cZ", edge.cZ, 4);
        atLeast(problems, "edge.rank", edge.rank, 0);
        atLeast(problems, "edge.featDim", edge.featDim, 2);
        if (edge.featDim % 2 != 0) {
            problems.add("edge.featDim must be even, not " + edge.featDim);
        }
        atLeast(problems, "edge.bins", edge.bins, 2);
        atLeast(problems, "edge.neighbours", edge.neighbours, 1);
        atLeast(problems, "edge.rbfKernels", edge.rbfKernels, 2);
        atLeast(problems, "edge.maxLength", edge.maxLength, 1);
    }

    private void checkAttention(List<String> problems) {
        if (attention == null) {
            problems.add("attention is missing");
            return;
        }
        atLeast(problems, "attention.cHidden", attention.cHidden, 1);
        atLeast(problems, "attention.heads", attention.heads, 1);
        atLeast(problems, "attention.qkPoints", attention.qkPoints, 1);
        atLeast(problems, "attention.vPoints", attention.vPoints, 1);
        if (!Double.isFinite(attention.biasScale)) {
            problems.add("attention.biasScale must be a number, not " + attention.biasScale);
        }
    }

    private void checkLigand(List<String> problems) {
        if (ligand == null) {
            problems.add("ligand is missing");
            return;
        }
        atLeast(problems, "ligand.features", ligand.features, 1);
        atLeast(problems, "ligand.width", ligand.width, 1);
        atLeast(problems, "ligand.heads", ligand.heads, 0);
        atLeast(problems, "ligand.filmWidth", ligand.filmWidth, 1);
        atLeast(problems, "ligand.warmUpSteps", ligand.warmUpSteps, 0);
        if (ligand.heads > 0 && cS % ligand.heads != 0) {
            problems.add("cS must be a multiple of ligand.heads, but " + cS + " is not one of " + ligand.heads);
        }
    }

    private void checkLocal(List<String> problems) {
        if (local == null) {
            problems.add("local is missing");
            return;
        }
        atLeast(problems, "local.neighbours", local.neighbours, 0);
        atLeast(problems, "local.atoms", local.atoms, 0);
        atLeast(problems, "local.width", local.width, local.neighbours + local.atoms > 0 ? 1 : 0);
        if (local.neighbours > 0 && updateFrames) {
            problems.add("local.neighbours must be 0 where updateFrames is true: messages see the backbone as it was given");
        }
        if (local.neighbours == 0 && !local.attention) {
            problems.add("local.attention must be true where local.neighbours is 0: residues would hear nothing of one another");
        }
    }

    private void checkChi(List<String> problems) {
        if (chi == null) {
            problems.add("chi is missing");
            return;
        }
        if (chi.bins != 0) {
            atLeast(problems, "chi.bins", chi.bins, AngleBins.FEWEST);
            if (updateFrames || rotamerHead) {
                problems.add("updateFrames and rotamerHead must be false with chi.bins: distributions are all that such a network gives");
            }
        } else if (chi.drafts) {
            problems.add("chi.drafts needs chi.bins");
        }
    }

    private static void atLeast(List<String> problems, String name, int value, int least) {
        if (value < least) {
            problems.add(name + " must be at least " + least + ", not " + value);
        }
    }

    private static void positive(List<String> problems, String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            problems.add(name + " must be more than 0, not " + value);
        }
    }
}
