package org.bindrae.training.cuda;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.attention.cuda.FlashCudaBackend;
import org.bindrae.data.Batch;
import org.bindrae.data.ElementClass;
import org.bindrae.edge.Distance;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.geometry.BackboneAtoms;
import org.bindrae.geometry.BackboneFrames;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.stage1.LocalInput;
import org.bindrae.stage1.ModelInput;
import org.bindrae.stage1.Stage1Config;
import org.bindrae.stage1.Stage1Model;
import org.bindrae.stage1.Stage1Output;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Packing;
import org.bindrae.tensor.Philox;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.emulation.EmulatedDriver;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.cuda.internal.CudaConditioner;
import org.bindrae.training.cuda.internal.CudaEdgeFeatures;
import org.bindrae.training.cuda.internal.CudaGeometry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole network, forward and backward, on the emulator and on the processor. */
class NetworkOnCudaTest {
    private static final int EMBEDDING = 5;
    private static final int TOKEN_FEATURES = 21;
    private static final Packing RESIDUES = Packing.ofLengths(11, 7, 1);
    private static final Packing TOKENS = Packing.ofLengths(5, 0, 3);

    @ParameterizedTest
    @CsvSource({"F32, false", "F64, false", "F32, true", "F64, true"})
    void outputsAndGradientsOfAllParametersAgree(DType type, boolean packer) {
        assumeTrue(EmulatedDriver.isBuilt(), "the emulator of CUDA kernels is not built: gpu-native/build.sh emulator");
        try (CpuDevice host = new CpuDevice();
                CudaDevice device = EmulatedDriver.device(Precision.FP32, new CudaGeometry.Provider(), new CudaEdgeFeatures.Provider(),
                        new CudaConditioner.Provider())) {
            Stage1Config config = packer ? packer() : config();
            Map<String, double[]> right = run(host, DType.F64, config, new FlashCpuBackend());
            Map<String, double[]> ours = run(device, type, config, new FlashCudaBackend());
            List<VectorRow> rows = VectorRow.relative(ours, right, type == DType.F64 ? Precision.FP64 : Precision.FP32, type == DType.F64 ? 1e-10 : 2e-4);
            assertAll(rows.stream().map(row -> () -> assertTrue(row.passes(), row.toString())));
            assertTrue(rows.size() > 50, rows.toString());
        }
    }

    private static Map<String, double[]> run(Device device, DType type, Stage1Config config, AttentionBackend backend) {
        try (Stage1Model model = new Stage1Model(device, type, config, new Flash1dBias(), 5); TensorArena arena = device.arena()) {
            // no parameter at its initial value, so that nothing is hidden behind a zero
            model.parameters().trainable().forEach((name, tensor) -> {
                double[] values = tensor.toDoubles();
                double deviation = tensor.shape().rank() > 1 ? 0.5 / Math.sqrt(tensor.columns()) : 0.2;
                Arrays.setAll(values, i -> (float) (values[i] + deviation * Philox.normal(6, Philox.stream(name), i)));
                tensor.set(values);
            });
            Tape tape = Tape.recording(arena);
            Stage1Output output = model.forward(tape, input(), backend);
            Tensor loss = null;
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            outputs.put("rotations", output.frames().rotations());
            outputs.put("translations", output.frames().translations());
            outputs.put("torsions", output.torsions());
            outputs.put("atoms", output.atoms());
            if (output.chi() == null) {
                outputs.put("rotamers", output.rotamerLogits());
            } else {
                outputs.put("masses", output.chi().masses());
                outputs.put("logits", output.chi().logits());
                outputs.put("draft", output.chi().drafts().getFirst());
            }
            Map<String, double[]> results = new LinkedHashMap<>();
            for (Map.Entry<String, Tensor> entry : outputs.entrySet()) {
                Tensor value = entry.getValue();
                if (!value.requiresGradient()) {
                    continue;
                }
                double[] weights = new double[Math.toIntExact(value.size())];
                Arrays.setAll(weights, i -> (float) Philox.normal(9, Philox.stream(entry.getKey()), i));
                Tensor term = Ops.weightedSum(tape, value, arena.allocate(type, value.shape()).set(weights));
                loss = loss == null ? term : Ops.add(tape, loss, term);
            }
            tape.backward(loss);
            outputs.forEach((name, value) -> results.put(name, value.toDoubles()));
            model.parameters().trainable().forEach((name, tensor) -> results.put("gradient of " + name, tensor.gradient().toDoubles()));
            return results;
        }
    }

    private static Stage1Config config() {
        Stage1Config.Edge edge = new Stage1Config.Edge(Flash1dBias.NAME, 8, 2, 4, 6, 3, Distance.DISTOGRAM, 4, true, 32);
        Stage1Config.Attention attention = new Stage1Config.Attention(4, 2, 2, 3, IpaConfig.DEFAULT_BIAS_SCALE);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(TOKEN_FEATURES, 6, 2, 8, true, true, 0);
        return new Stage1Config(EMBEDDING, 16, edge, attention, ligand, 2, 2, 8, 0, false, true, 15, 1.5, true);
    }

    private static Stage1Config packer() {
        Stage1Config c = config();
        Stage1Config.Ligand none = new Stage1Config.Ligand(TOKEN_FEATURES, 6, 0, 8, false, false, 0);
        return new Stage1Config(EMBEDDING, 16, c.edge(), c.attention(), none, 2, 2, 8, 0, true, false, 15, 1.5, false, new Stage1Config.Local(4, 6, 3, true),
                new Stage1Config.Chi(72, true));
    }

    private static ModelInput input() {
        SplittableRandom random = new SplittableRandom(7);
        int residues = RESIDUES.total();
        BackboneFrames frames = new BackboneFrames(new double[9 * residues], new double[3 * residues], new boolean[residues]);
        double[] centres = new double[3 * residues];
        for (int i = 0; i < residues; i++) {
            RigidFrame frame = RigidFrame.ofAxisAngle(vector(random, 1), vector(random, 6));
            frame.store(frames.rotations(), frames.translations(), i);
            frame.apply(new Vec3(-1, 1.5, 1)).store(centres, i);
            frames.mask()[i] = i != 3;
        }
        float[] embeddings = new float[residues * EMBEDDING];
        for (int i = 0; i < embeddings.length; i++) {
            embeddings[i] = (float) random.nextGaussian();
        }
        double[] positions = new double[3 * TOKENS.total()];
        Arrays.setAll(positions, _ -> (float) (3 * random.nextGaussian()));
        float[] features = new float[TOKEN_FEATURES * TOKENS.total()];
        for (int i = 0; i < features.length; i++) {
            features[i] = random.nextInt(3) == 0 ? 1 : 0;
        }
        int[] numbers = new int[residues];
        Arrays.setAll(numbers, i -> i + 3);
        int[] chains = new int[residues];
        Arrays.setAll(chains, i -> i / 5);
        boolean[] ofLigand = {true, true, true, false, false, true, true, false};
        float[] torsions = new float[LocalInput.TORSION_FEATURES * residues];
        for (int i = 0; i < torsions.length; i++) {
            torsions[i] = (float) random.nextGaussian();
        }
        Batch.Hetero hetero = new Batch.Hetero(TOKENS, positions, random.ints(TOKENS.total(), 0, ElementClass.values().length).toArray(), ofLigand);
        int atoms = residues * ResidueConstants.SLOTS;
        LocalInput local = new LocalInput(BackboneAtoms.of(frames, new double[3 * atoms], new boolean[atoms]), torsions, hetero);
        return new ModelInput(RESIDUES, random.ints(residues, 0, ResidueConstants.UNKNOWN + 1).toArray(), frames, centres, numbers, chains, embeddings, TOKENS,
                positions, features, local);
    }

    private static Vec3 vector(SplittableRandom random, double deviation) {
        return new Vec3(deviation * random.nextGaussian(), deviation * random.nextGaussian(), deviation * random.nextGaussian());
    }
}
