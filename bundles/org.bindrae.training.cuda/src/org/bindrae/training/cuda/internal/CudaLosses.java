package org.bindrae.training.cuda.internal;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.geometry.AngleBins;
import org.bindrae.geometry.Atom14Alternatives;
import org.bindrae.geometry.ClashLoss;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.Fape;
import org.bindrae.geometry.Frames;
import org.bindrae.geometry.LossKernels;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Torsions;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;
import org.osgi.service.component.annotations.Component;

/** The loss terms on CUDA: kernels of {@code gpu-native/src/losses}. */
public final class CudaLosses implements LossKernels {
    /** As the kernels say: threads of a block, and what a block does. */
    private static final int FAPE_THREADS = 128;
    private static final int FAPE_PACK_ATOMS = 102;
    private static final int FAPE_BACKWARD_THREADS = 256;
    private static final int FRAMES_PER_BLOCK = 4;
    private static final int FRAME_NUMBERS = 24;
    private static final int FRAME_SUMS = 12;
    private static final int ATOM_NUMBERS = 6;
    private static final int DISTANCE_THREADS = 256;
    private static final int POINTS_PER_BLOCK = 8;
    private static final int CLASH_THREADS = 256;
    private static final int BOX_THREADS = 128;
    private static final int TILES_PER_BLOCK = 4;
    private static final int BOX_NUMBERS = 8;
    private static final int BALL_NUMBERS = 4;
    private static final int RESIDUES_PER_TORSION_BLOCK = 32;
    private static final int TERM_THREADS = 256;
    private static final int MEAN_THREADS = 256;
    private static final int ADD_THREADS = 256;
    private static final int TOTAL_THREADS = 192;
    private static final int MOST_SHARES = 6;
    private static final int WARP = 32;
    private static final int TORSIONS = ResidueConstants.TORSIONS;

    private final Launches launches;

    /** Brings these operations to CUDA devices. */
    @Component(service = CudaOperations.class)
    public static final class Provider implements CudaOperations<LossKernels> {
        @Override
        public Class<LossKernels> type() {
            return LossKernels.class;
        }

        @Override
        public LossKernels on(CudaDevice device) {
            return new CudaLosses(device);
        }
    }

    public CudaLosses(CudaDevice device) {
        this.launches = new Launches(device, "losses");
    }

    private static int[] numbered(boolean[] flags) {
        int count = 0;
        for (boolean flag : flags) {
            count += flag ? 1 : 0;
        }
        int[] numbers = new int[count];
        int next = 0;
        for (int i = 0; i < flags.length; i++) {
            if (flags[i]) {
                numbers[next++] = i;
            }
        }
        return numbers;
    }

    /** Where the items of each sequence start among those numbered, which are rows of {@code width} to a residue. */
    private static int[] starts(int[] items, Packing packing, int width) {
        int[] starts = new int[packing.count() + 1];
        int next = 0;
        for (int s = 0; s <= packing.count(); s++) {
            int row = s == packing.count() ? packing.total() : packing.start(s);
            while (next < items.length && items[next] < row * width) {
                next++;
            }
            starts[s] = next;
        }
        return starts;
    }

    private static double[] gathered(double[] values, int[] index, int width) {
        double[] gathered = new double[index.length * width];
        for (int i = 0; i < index.length; i++) {
            System.arraycopy(values, index[i] * width, gathered, i * width, width);
        }
        return gathered;
    }

    private static Tensor scratch(Tape tape, DType dtype, long size) {
        return tape.scratch(dtype, Shape.of(Math.toIntExact(Math.max(1, size))));
    }

    @Override
    public void prepare(DType dtype, Fape fape, Fape.Target target, int[] types, Packing packing, Torsions torsions, ClashSystem clashes) {
        TorsionTruth.of(dtype, torsions);
        if (target != null) {
            FapeTruth.of(fape, target, types, packing);
        }
        if (clashes != null) {
            ClashTruth.of(dtype, clashes);
        }
    }

    @Override
    public Tensor fape(Tape tape, Fape fape, Frames frames, Tensor atoms, Fape.Target target, int[] types, Packing packing) {
        DType dtype = atoms.dtype();
        FapeTruth truth = FapeTruth.of(fape, target, types, packing);
        int frameCount = truth.frameCount();
        int atomCount = truth.atomCount();
        int sequences = packing.count();
        Constants.Placed placed = truth.block().upload(tape);
        MemorySegment frameNumbers = placed.address(truth.frameNumbers());
        MemorySegment atomNumbers = placed.address(truth.atomNumbers());
        MemorySegment framesOf = placed.address(truth.framesOf());
        MemorySegment atomsOf = placed.address(truth.atomsOf());
        MemorySegment weights = placed.address(truth.weights());
        Tensor result = tape.output(dtype, Shape.of(sequences), atoms, frames.rotations(), frames.translations());
        Tensor packedFrames = scratch(tape, dtype, (long) FRAME_NUMBERS * frameCount);
        Tensor packedAtoms = scratch(tape, dtype, (long) ATOM_NUMBERS * atomCount);
        Tensor errors = scratch(tape, DType.F64, frameCount);
        Tensor frameGradients = tape.tracks(frames.rotations(), frames.translations()) ? scratch(tape, dtype, (long) FRAME_SUMS * frameCount) : null;
        Tensor atomGradients = tape.tracks(atoms) ? scratch(tape, dtype, 3L * atomCount) : null;
        int packBlocks = Launches.blocks((long) FRAME_NUMBERS * frameCount, FAPE_THREADS) + Launches.blocks(atomCount, FAPE_PACK_ATOMS);
        launches.kernel("fape_pack", atoms).launch(packBlocks, FAPE_THREADS, frames.rotations(), frames.translations(), atoms,
                placed.address(truth.trueFrames()), placed.address(truth.trueAtoms()), frameNumbers, atomNumbers, placed.address(truth.exchange()), frameCount,
                atomCount, packedFrames, packedAtoms);
        int blocks = Launches.blocks(frameCount, FRAMES_PER_BLOCK) + (atomGradients == null ? 0 : Launches.blocks(atomCount, WARP));
        launches.kernel("fape_sweep", atoms).launch(blocks, FAPE_THREADS, packedFrames, packedAtoms, framesOf, atomsOf, sequences, frameCount, atomCount,
                Launches.real(atoms, fape.clamp()), Launches.real(atoms, fape.eps()), errors, frameGradients, atomGradients);
        means(errors, framesOf, weights, result);
        if (result.requiresGradient()) {
            int backwardBlocks = Launches.blocks((long) FRAME_SUMS * frameCount + 3L * atomCount, FAPE_BACKWARD_THREADS);
            tape.record(() -> launches.kernel("fape_backward", atoms).launch(backwardBlocks, FAPE_BACKWARD_THREADS, tape.gradient(result), weights,
                    frameNumbers, atomNumbers, framesOf, atomsOf, sequences, frameCount, atomCount, frameGradients, atomGradients,
                    frameGradients == null ? null : tape.gradient(frames.rotations()), frameGradients == null ? null : tape.gradient(frames.translations()),
                    atomGradients == null ? null : tape.gradient(atoms)));
        }
        return result;
    }

    /**
     * What {@link #fape} compares with: the frames and atoms that take part, one after the other.
     *
     * @param exchange for each atom the one that may exchange its name with it
     * @param framesOf where those of each sequence start, and where the last ones end
     * @param weights of a pair of each sequence in its error
     */
    private record FapeTruth(Constants.Block block, int frameCount, int atomCount, Constants.Part trueFrames, Constants.Part trueAtoms,
            Constants.Part frameNumbers, Constants.Part atomNumbers, Constants.Part exchange, Constants.Part framesOf, Constants.Part atomsOf,
            Constants.Part weights) {

        /** What it depends on besides the target; types are the same array each time. */
        private record Key(Fape fape, int[] types, Packing packing) {
        }

        static FapeTruth of(Fape fape, Fape.Target target, int[] types, Packing packing) {
            return target.forms().of(FapeTruth.class, new Key(fape, types, packing), () -> {
                int[] frameIndex = numbered(target.frames().mask());
                int[] atomIndex = numbered(target.present());
                int[] frameStarts = starts(frameIndex, packing, 1);
                int[] atomStarts = starts(atomIndex, packing, packing.total() == 0 ? 1 : target.present().length / packing.total());
                double[] pairWeights = IntStream.range(0, packing.count()).mapToDouble(s -> {
                    double pairs = (double) (frameStarts[s + 1] - frameStarts[s]) * (atomStarts[s + 1] - atomStarts[s]);
                    return pairs == 0 ? 0 : 1 / (pairs * fape.scale());
                }).toArray();
                Constants constants = new Constants();
                Constants.Part trueFrames = constants.doubles(joined(target.frames().rotations(), target.frames().translations()));
                Constants.Part trueAtoms = constants.doubles(gathered(target.atoms(), atomIndex, 3));
                Constants.Part frameNumbers = constants.integers(frameIndex);
                Constants.Part atomNumbers = constants.integers(atomIndex);
                Constants.Part exchange = constants.integers(exchangeable(types, target, atomIndex));
                Constants.Part framesOf = constants.integers(frameStarts);
                Constants.Part atomsOf = constants.integers(atomStarts);
                Constants.Part weights = constants.doubles(pairWeights);
                return new FapeTruth(constants.block(), frameIndex.length, atomIndex.length, trueFrames, trueAtoms, frameNumbers, atomNumbers, exchange,
                        framesOf, atomsOf, weights);
            });
        }
    }

    private void means(Tensor parts, MemorySegment starts, MemorySegment weights, Tensor means) {
        launches.kernel("means", means).launch(Math.toIntExact(means.size()), MEAN_THREADS, parts, starts, weights, means);
    }

    /** R and t of each frame side by side. */
    private static double[] joined(double[] rotations, double[] translations) {
        double[] joined = new double[rotations.length + translations.length];
        for (int i = 0; i < translations.length / 3; i++) {
            System.arraycopy(rotations, 9 * i, joined, 12 * i, 9);
            System.arraycopy(translations, 3 * i, joined, 12 * i + 9, 3);
        }
        return joined;
    }

    /** For each atom that takes part the one that may exchange its name with it; itself where none may, as {@link Atom14Alternatives#nearer} says. */
    private static int[] exchangeable(int[] types, Fape.Target target, int[] atomIndex) {
        int[] exchange = IntStream.range(0, atomIndex.length).toArray();
        if (types == null) {
            return exchange;
        }
        int[] places = new int[target.present().length];
        for (int i = 0; i < atomIndex.length; i++) {
            places[atomIndex[i]] = i;
        }
        for (int residue = 0; residue < types.length; residue++) {
            int first = residue * ResidueConstants.SLOTS;
            boolean known = target.frames().mask()[residue];
            for (int a = first; a < first + ResidueConstants.SLOTS; a++) {
                known &= target.present()[a] || Atom14Alternatives.symmetric(types, a) == a;
            }
            for (int a = first; known && a < first + ResidueConstants.SLOTS; a++) {
                if (Atom14Alternatives.symmetric(types, a) != a) {
                    exchange[places[a]] = places[Atom14Alternatives.symmetric(types, a)];
                }
            }
        }
        return exchange;
    }

    @Override
    public Tensor distance(Tape tape, Tensor points, double[] truth, boolean[] present, Packing packing) {
        DType dtype = points.dtype();
        int[] index = numbered(present);
        int[] starts = starts(index, packing, 1);
        Constants constants = new Constants();
        Constants.Part truePointsPart = constants.doubles(gathered(truth, index, 3));
        Constants.Part numbersPart = constants.integers(index);
        Constants.Part pointsOfPart = constants.integers(starts);
        Constants.Part weightsPart = constants.doubles(IntStream.range(0, packing.count()).mapToDouble(s -> {
            double count = starts[s + 1] - starts[s];
            return count < 2 ? 0 : 1 / (count * (count - 1));
        }).toArray());
        Constants.Placed placed = constants.block().upload(tape);
        MemorySegment numbers = placed.address(numbersPart);
        MemorySegment pointsOf = placed.address(pointsOfPart);
        MemorySegment weights = placed.address(weightsPart);
        Tensor result = tape.output(dtype, Shape.of(packing.count()), points);
        Tensor errors = scratch(tape, DType.F64, index.length);
        Tensor gradients = result.requiresGradient() ? scratch(tape, dtype, 3L * index.length) : null;
        launches.kernel("distance", points).launch(Launches.blocks(index.length, POINTS_PER_BLOCK), DISTANCE_THREADS, points,
                placed.address(truePointsPart), numbers, pointsOf, packing.count(), index.length, errors, gradients);
        means(errors, pointsOf, weights, result);
        if (result.requiresGradient()) {
            tape.record(() -> addScaled(tape.gradient(result), weights, pointsOf, packing.count(), numbers, index.length, gradients, tape.gradient(points)));
        }
        return result;
    }

    /** Adds the gradients [n, 3] of points to those of the tensor that they come from. */
    private void addScaled(Tensor upstream, MemorySegment weights, MemorySegment starts, int sequences, MemorySegment index, int points, Tensor gradients,
            Tensor target) {
        launches.kernel("add_scaled", target).launch(Launches.blocks(3L * points, ADD_THREADS), ADD_THREADS, upstream, weights, starts, sequences, index,
                points, 3, gradients, 0, target);
    }

    @Override
    public Tensor clash(Tape tape, ClashLoss loss, Tensor atoms, ClashSystem system) {
        DType dtype = atoms.dtype();
        int sequences = system.residues().count();
        ClashTruth truth = ClashTruth.of(dtype, system);
        int count = truth.atomCount();
        int tiles = truth.tiles();
        Constants.Placed placed = truth.block().upload(tape);
        MemorySegment numbers = placed.address(truth.numbers());
        MemorySegment atomsOf = placed.address(truth.atomsOf());
        MemorySegment tilesOf = placed.address(truth.tilesOf());
        MemorySegment weights = placed.address(truth.weights());
        Tensor result = tape.output(dtype, Shape.of(sequences), atoms);
        Tensor balls = scratch(tape, dtype, (long) BALL_NUMBERS * count);
        Tensor boxes = scratch(tape, dtype, (long) BOX_NUMBERS * tiles);
        Tensor penalties = scratch(tape, DType.F64, tiles);
        Tensor gradients = result.requiresGradient() ? scratch(tape, dtype, 3L * count) : null;
        launches.kernel("clash_boxes", atoms).launch(Launches.blocks(tiles, TILES_PER_BLOCK), BOX_THREADS, atoms, numbers, placed.address(truth.radii()),
                atomsOf, tilesOf, sequences, tiles, balls, boxes);
        launches.kernel("clash", atoms).launch(tiles, CLASH_THREADS, balls, atomsOf, tilesOf, sequences, boxes, placed.address(truth.ligandAtoms()),
                placed.address(truth.ligandRadii()), placed.address(truth.ligandsOf()), count, placed.address(truth.nearStarts()),
                placed.address(truth.near()), Launches.real(atoms, loss.tolerance()), penalties, gradients);
        means(penalties, tilesOf, weights, result);
        if (result.requiresGradient()) {
            tape.record(() -> addScaled(tape.gradient(result), weights, atomsOf, sequences, numbers, count, gradients, tape.gradient(atoms)));
        }
        return result;
    }

    /**
     * What {@link #clash} needs of a system: the protein atoms that take part, one after the other, in tiles of atoms of one sequence.
     *
     * @param atomsOf where the atoms of each sequence start, and where the last ones end
     * @param tilesOf the same of tiles
     * @param near which atoms are near each of those that take part, in ascending order: places among these, then ligand atoms
     * @param weights of each sequence's sum in its penalty
     */
    private record ClashTruth(Constants.Block block, int atomCount, int tiles, Constants.Part numbers, Constants.Part radii, Constants.Part atomsOf,
            Constants.Part tilesOf, Constants.Part ligandAtoms, Constants.Part ligandRadii, Constants.Part ligandsOf, Constants.Part nearStarts,
            Constants.Part near, Constants.Part weights) {

        static ClashTruth of(DType dtype, ClashSystem system) {
            return system.forms().of(ClashTruth.class, dtype, () -> {
                int sequences = system.residues().count();
                int[] index = numbered(system.counted());
                int[] starts = starts(index, system.residues(), ResidueConstants.SLOTS);
                int[] tileStarts = new int[sequences + 1];
                double[] perAtom = new double[sequences];
                for (int s = 0; s < sequences; s++) {
                    int count = starts[s + 1] - starts[s];
                    tileStarts[s + 1] = tileStarts[s] + Math.ceilDiv(count, WARP);
                    perAtom[s] = 1.0 / Math.max(1, count);
                }
                Constants constants = new Constants();
                Constants.Part numbers = constants.integers(index);
                Constants.Part radii = constants.reals(dtype, gathered(system.radii(), index, 1));
                Constants.Part atomsOf = constants.integers(starts);
                Constants.Part tilesOf = constants.integers(tileStarts);
                Constants.Part ligandAtoms = constants.doubles(system.ligandAtoms());
                Constants.Part ligandRadii = constants.reals(dtype, system.ligandRadii());
                Constants.Part ligandsOf = constants.integers(system.ligands().offsets());
                NearAtoms nearAtoms = NearAtoms.of(system, index);
                Constants.Part nearStarts = constants.integers(nearAtoms.starts());
                Constants.Part near = constants.integers(nearAtoms.near());
                Constants.Part weights = constants.doubles(perAtom);
                return new ClashTruth(constants.block(), index.length, tileStarts[sequences], numbers, radii, atomsOf, tilesOf, ligandAtoms, ligandRadii,
                        ligandsOf, nearStarts, near, weights);
            });
        }
    }

    /** The lists of near atoms of those that take part, which are numbered one after the other, the ligand atoms behind them. */
    private record NearAtoms(int[] starts, int[] near) {
        static NearAtoms of(ClashSystem system, int[] index) {
            int[] starts = system.bonds().starts();
            int[] near = system.bonds().near();
            int slots = system.counted().length;
            int[] places = new int[slots];
            Arrays.fill(places, -1);
            for (int i = 0; i < index.length; i++) {
                places[index[i]] = i;
            }
            int[] newStarts = new int[index.length + 1];
            int[] newNear = new int[near.length];
            int next = 0;
            for (int i = 0; i < index.length; i++) {
                for (int n = starts[index[i]]; n < starts[index[i] + 1]; n++) {
                    int place = near[n] < slots ? places[near[n]] : index.length + near[n] - slots;
                    if (place >= 0) {
                        newNear[next++] = place;
                    }
                }
                newStarts[i + 1] = next;
            }
            return new NearAtoms(newStarts, Arrays.copyOf(newNear, next));
        }
    }

    /** Bit c of number i says whether flag c of residue i is set. */
    private static int[] bits(boolean[] flags) {
        int[] bits = new int[flags.length / TORSIONS];
        for (int i = 0, flag = 0; i < bits.length; i++) {
            for (int c = 0; c < TORSIONS; c++, flag++) {
                bits[i] |= flags[flag] ? 1 << c : 0;
            }
        }
        return bits;
    }

    @Override
    public TorsionErrors torsion(Tape tape, Tensor torsions, Torsions target, double[] residueWeights, double[] shares) {
        DType dtype = torsions.dtype();
        TorsionConstants constants = TorsionConstants.of(tape, dtype, target, residueWeights, shares);
        int blocks = Math.max(1, Launches.blocks(residueWeights.length, RESIDUES_PER_TORSION_BLOCK));
        Tensor partial = scratch(tape, DType.F64, (long) blocks * TORSIONS);
        Tensor classes = scratch(tape, DType.F64, TORSIONS);
        Tensor sum = tape.output(dtype, Shape.of(1), torsions);
        Tensor gradients = sum.requiresGradient() ? scratch(tape, dtype, torsions.size()) : null;
        launches.kernel("torsion", torsions).launch(blocks, RESIDUES_PER_TORSION_BLOCK * TORSIONS, torsions, constants.given(), constants.exchanged(),
                constants.known(), constants.weights(), constants.shares(), residueWeights.length, partial, constants.finished(), classes, sum, gradients);
        recordSum(tape, torsions, sum, gradients);
        return new TorsionErrors(sum, classes);
    }

    /** What {@link #torsion} compares with: (sin, cos) pairs, those of symmetric names, and bits of each residue that say which are known. */
    private record TorsionTruth(Constants.Block block, Constants.Part given, Constants.Part exchanged, Constants.Part known) {
        static TorsionTruth of(DType dtype, Torsions target) {
            return target.forms().of(TorsionTruth.class, dtype, () -> {
                Constants constants = new Constants();
                Constants.Part given = constants.reals(dtype, target.sinCos());
                Constants.Part exchanged = constants.reals(dtype, target.alternative());
                Constants.Part known = constants.integers(bits(target.mask()));
                return new TorsionTruth(constants.block(), given, exchanged, known);
            });
        }
    }

    /**
     * What {@link #torsion} and {@link #chi} take beside the prediction, on the card.
     *
     * @param finished a counter at 0
     */
    private record TorsionConstants(MemorySegment given, MemorySegment exchanged, MemorySegment known, MemorySegment weights, MemorySegment shares,
            MemorySegment finished) {
        static TorsionConstants of(Tape tape, DType dtype, Torsions target, double[] residueWeights, double[] shares) {
            TorsionTruth truth = TorsionTruth.of(dtype, target);
            Constants constants = new Constants();
            Constants.Part weightPart = constants.reals(dtype, residueWeights);
            Constants.Part sharePart = constants.doubles(shares);
            Constants.Part counter = constants.integers(new int[1]);
            Constants.Placed placedTruth = truth.block().upload(tape);
            Constants.Placed placed = constants.block().upload(tape);
            return new TorsionConstants(placedTruth.address(truth.given()), placedTruth.address(truth.exchanged()), placedTruth.address(truth.known()),
                    placed.address(weightPart), placed.address(sharePart), placed.address(counter));
        }
    }

    /** The backward pass of a sum whose gradient is known. */
    private void recordSum(Tape tape, Tensor input, Tensor sum, Tensor gradients) {
        if (sum.requiresGradient()) {
            int size = Math.toIntExact(input.size());
            tape.record(() -> {
                int fresh = tape.startGradient(input) ? 1 : 0;
                launches.kernel("add_scaled", input).launch(Launches.blocks(size, ADD_THREADS), ADD_THREADS, tape.gradient(sum), null, null, 1, null, size, 1,
                        gradients, fresh, tape.gradient(input));
            });
        }
    }

    @Override
    public Tensor torsionLength(Tape tape, Tensor rawTorsions, boolean[] counted) {
        return residueSum(tape, "torsion_length", rawTorsions, bits(counted), counted.length);
    }

    @Override
    public Tensor rotamer(Tape tape, Tensor logits, int[] wells) {
        return residueSum(tape, "rotamer", logits, wells, wells.length);
    }

    @Override
    public Tensor chi(Tape tape, AngleBins bins, Tensor logits, Torsions target, double[] residueWeights, double[] shares) {
        DType dtype = logits.dtype();
        TorsionConstants constants = TorsionConstants.of(tape, dtype, target, residueWeights, shares);
        int blocks = Math.max(1, Launches.blocks(residueWeights.length * ResidueConstants.CHIS, TERM_THREADS / WARP));
        Tensor partial = scratch(tape, DType.F64, blocks);
        Tensor sum = tape.output(dtype, Shape.of(1), logits);
        Tensor gradients = sum.requiresGradient() ? scratch(tape, dtype, logits.size()) : null;
        launches.kernel("chi", logits).launch(blocks, TERM_THREADS, logits, constants.given(), constants.exchanged(), constants.known(),
                constants.weights(), constants.shares(), residueWeights.length, bins.count(), partial, constants.finished(), sum, gradients);
        recordSum(tape, logits, sum, gradients);
        return sum;
    }

    /** A sum over the items of residues, of which one number each says what counts. */
    private Tensor residueSum(Tape tape, String kernel, Tensor input, int[] residues, int items) {
        Constants constants = new Constants();
        Constants.Part numbers = constants.integers(residues);
        Constants.Part finished = constants.integers(new int[1]);
        Constants.Placed placed = constants.block().upload(tape);
        int blocks = Math.max(1, Launches.blocks(items, TERM_THREADS));
        Tensor partial = scratch(tape, DType.F64, blocks);
        Tensor sum = tape.output(input.dtype(), Shape.of(1), input);
        Tensor gradients = sum.requiresGradient() ? scratch(tape, input.dtype(), input.size()) : null;
        launches.kernel(kernel, input).launch(blocks, TERM_THREADS, input, placed.address(numbers), residues.length, partial, placed.address(finished), sum,
                gradients);
        recordSum(tape, input, sum, gradients);
        return sum;
    }

    @Override
    public Total total(Tape tape, List<Share> shares, Tensor alongside, Tensor condition) {
        int count = shares.size();
        if (count == 0 || count > MOST_SHARES) {
            throw new IllegalArgumentException(count + " terms; there must be 1 to " + MOST_SHARES);
        }
        int[] starts = new int[count + 1];
        for (int s = 0; s < count; s++) {
            starts[s + 1] = starts[s] + shares.get(s).factors().length;
        }
        Constants constants = new Constants();
        Constants.Part valuesOf = constants.integers(starts);
        Constants.Part factors = constants.doubles(shares.stream().flatMapToDouble(share -> Arrays.stream(share.factors())).toArray());
        Constants.Part weights = constants.doubles(shares.stream().mapToDouble(Share::weight).toArray());
        Constants.Placed placed = constants.block().upload(tape);
        Tensor[] values = shares.stream().map(Share::values).toArray(Tensor[]::new);
        DType dtype = values[0].dtype();
        int read = alongside == null ? 0 : Math.toIntExact(alongside.size());
        Tensor report = scratch(tape, DType.F64, count + 1L + read);
        Tensor total = tape.output(dtype, Shape.of(1), values);
        Tensor[] all = Arrays.copyOf(values, MOST_SHARES);
        launches.kernel("total", total).launch(1, TOTAL_THREADS, all[0], all[1], all[2], all[3], all[4], all[5], count, placed.address(valuesOf),
                placed.address(factors), placed.address(weights), alongside, read, report, total);
        if (total.requiresGradient()) {
            tape.record(() -> {
                int fresh = 0;
                for (int s = 0; s < count; s++) {
                    fresh |= tape.startGradient(values[s]) ? 1 << s : 0;
                }
                Tensor[] gradients = Arrays.copyOf(Arrays.stream(values).map(tape::gradient).toArray(Tensor[]::new), MOST_SHARES);
                launches.kernel("total_backward", total).launch(1, TOTAL_THREADS, tape.gradient(total), total, condition, count, placed.address(valuesOf),
                        placed.address(factors), placed.address(weights), fresh, gradients[0], gradients[1], gradients[2], gradients[3], gradients[4],
                        gradients[5]);
            });
        }
        return new Total(total, tape.device().downloadLater(report));
    }
}
