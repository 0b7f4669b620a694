package org.bindrae.training.evaluation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.training.packing.SideChainPacking;
import org.bindrae.training.prediction.Prediction;
import org.bindrae.training.prediction.PredictionMethod;
import org.bindrae.training.prediction.Repacking;

/**
 * The method that any network has to beat: every residue gets the side-chain conformation that residues of its type with a similar backbone (φ and ψ in the
 * same bin) have most often in the training samples, whatever lies around it. Where a bin has too few residues, or φ or ψ is undefined, the most frequent
 * conformation of the type. Its confidence is the frequency of the well of χ1 in the training samples. A type that the training samples lack is not predicted.
 */
public final class RotamerBaseline implements PredictionMethod {
    private static final int PHI = 1;
    private static final int PSI = 2;
    private static final int CHI1 = 3;
    /** Glycine and alanine. */
    private static final Rotamer NO_CHI = new Rotamer(List.of(), 1, 1, 1);

    /**
     * How backbones are grouped.
     *
     * @param binDegrees width of a bin of φ and ψ, a divisor of 360
     * @param minimum residues that a bin needs to be used
     */
    public record Settings(int binDegrees, int minimum) {
        public Settings {
            if (binDegrees < 1 || 360 % binDegrees != 0 || minimum < 1) {
                throw new IllegalArgumentException("bins of " + binDegrees + " degrees with at least " + minimum
                        + " residues; the width must divide 360 and both be positive");
            }
        }

        public static Settings defaults() {
            return new Settings(20, 20);
        }

        int bins() {
            return 360 / binDegrees;
        }

        /** The bin of a backbone; −1 where φ or ψ, in radians, is undefined. */
        int bin(double phi, double psi) {
            return Double.isNaN(phi) || Double.isNaN(psi) ? -1 : part(phi) * bins() + part(psi);
        }

        private int part(double radians) {
            return Math.clamp((int) Math.floor((Math.toDegrees(radians) + 180) / binDegrees), 0, bins() - 1);
        }
    }

    private final Settings settings;
    private final long samples;
    private final long residues;
    private final Map<Integer, Rotamer> byType;
    private final Map<Integer, Map<Integer, Rotamer>> byBin;

    /**
     * @param samples number of samples it was learned from
     * @param residues number of residues it was learned from
     * @param byType most frequent conformation of each type
     * @param byBin for each type, that of bins with enough residues; bins are numbered {@code φ bin · bins + ψ bin}
     */
    RotamerBaseline(Settings settings, long samples, long residues, Map<Integer, Rotamer> byType, Map<Integer, Map<Integer, Rotamer>> byBin) {
        this.settings = settings;
        this.samples = samples;
        this.residues = residues;
        this.byType = new TreeMap<>(byType);
        this.byBin = new TreeMap<>(byBin);
    }

    public Settings settings() {
        return settings;
    }

    /** Number of samples it was learned from. */
    public long samples() {
        return samples;
    }

    /** Number of residues it was learned from. */
    public long residues() {
        return residues;
    }

    Map<Integer, Rotamer> byType() {
        return byType;
    }

    Map<Integer, Map<Integer, Rotamer>> byBin() {
        return byBin;
    }

    /** Learns from samples, one after the other. */
    public static final class Learner {
        private final Settings settings;
        private final Map<Integer, RotamerCounts> byType = new TreeMap<>();
        private final Map<Integer, Map<Integer, RotamerCounts>> byBin = new TreeMap<>();
        private long samples;
        private long residues;

        public Learner(Settings settings) {
            this.settings = settings;
        }

        /** Adds all residues whose χ angles are all known. */
        public void add(Sample sample) {
            ResidueTable table = sample.residues();
            double[] angles = Torsions.iupac(table.types(), table.atom14(), table.present(), table.breakBefore());
            for (int i = 0; i < table.size(); i++) {
                int type = table.types()[i];
                int first = i * ResidueConstants.TORSIONS;
                double[] chi = Arrays.stream(angles, first + CHI1, first + CHI1 + ResidueConstants.chiCount(type)).map(Math::toDegrees).toArray();
                if (chi.length > 0 && Arrays.stream(chi).noneMatch(Double::isNaN)) {
                    byType.computeIfAbsent(type, RotamerCounts::new).add(chi);
                    int bin = settings.bin(angles[first + PHI], angles[first + PSI]);
                    if (bin >= 0) {
                        byBin.computeIfAbsent(type, t -> new TreeMap<>()).computeIfAbsent(bin, b -> new RotamerCounts(type)).add(chi);
                    }
                    residues++;
                }
            }
            samples++;
        }

        public RotamerBaseline learned() {
            Map<Integer, Rotamer> types = new TreeMap<>();
            byType.forEach((type, counts) -> types.put(type, counts.mostFrequent()));
            Map<Integer, Map<Integer, Rotamer>> bins = new TreeMap<>();
            byBin.forEach((type, counted) -> {
                Map<Integer, Rotamer> large = new TreeMap<>();
                counted.forEach((bin, counts) -> {
                    if (counts.total() >= settings.minimum()) {
                        large.put(bin, counts.mostFrequent());
                    }
                });
                bins.put(type, large);
            });
            return new RotamerBaseline(settings, samples, residues, types, bins);
        }

        /** What was learned, as a method that chooses among all conformations those that fit together. */
        public RotamerPacking packing() {
            return packing(SideChainPacking.Settings.defaults());
        }

        RotamerPacking packing(SideChainPacking.Settings overlaps) {
            return new RotamerPacking(RotamerLibrary.of(settings, byType, byBin), SideChainPacking.of(overlaps));
        }
    }

    /** Learned from all of these. */
    public static RotamerBaseline learn(Iterable<Sample> samples, Settings settings) {
        Learner learner = new Learner(settings);
        samples.forEach(learner::add);
        return learner.learned();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IOException naming the file and what is wrong with it
     */
    public static RotamerBaseline read(Path file) throws IOException {
        return RotamerFile.read(file);
    }

    /** Writes it as JSON, complete or not at all. */
    public void write(Path file) throws IOException {
        RotamerFile.write(this, file);
    }

    @Override
    public String name() {
        return "rotamer baseline";
    }

    @Override
    public List<Prediction> predict(List<Sample> list) {
        return list.stream().map(this::predict).toList();
    }

    /** Puts the most frequent conformation on every residue of a known type with a backbone frame. */
    public Prediction predict(Sample sample) {
        ResidueTable table = sample.residues();
        double[] angles = Torsions.iupac(table.types(), table.atom14(), table.present(), table.breakBefore());
        double[] given = Torsions.of(table.types(), table.atom14(), table.present(), table.breakBefore()).sinCos();
        boolean[] possible = Repacking.possible(table);
        Prediction none = Prediction.none(sample);
        for (int i = 0; i < table.size(); i++) {
            int type = table.types()[i];
            int first = i * ResidueConstants.TORSIONS;
            Rotamer rotamer = ResidueConstants.chiCount(type) == 0 ? NO_CHI
                    : byBin.getOrDefault(type, Map.of()).getOrDefault(settings.bin(angles[first + PHI], angles[first + PSI]), byType.get(type));
            none.predicted()[i] = possible[i] && rotamer != null;
            if (none.predicted()[i]) {
                none.confidence()[i] = (double) rotamer.sameWell() / rotamer.total();
                System.arraycopy(given, 2 * first, none.torsions(), 2 * first, 2 * CHI1);
                for (int c = 0; c < ResidueConstants.CHIS; c++) {
                    double radians = c < rotamer.chi().size() ? Math.toRadians(rotamer.chi().get(c)) : 0;
                    none.torsions()[2 * (first + CHI1 + c)] = StrictMath.sin(radians);
                    none.torsions()[2 * (first + CHI1 + c) + 1] = StrictMath.cos(radians);
                }
            }
        }
        return new Prediction(sample, Repacking.atoms(table, none.torsions(), none.predicted()), none.predicted(), none.torsions(), none.confidence());
    }
}
