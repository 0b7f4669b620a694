package org.bindrae.stage1;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.bindrae.attention.cpu.FlashCpuBackend;
import org.bindrae.data.Sample;
import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.CpuDevice;

/** Times forward and backward passes of the default network and says where the time goes. Arguments: samples, residues, ligand tokens, whether frames move. */
public final class StepProfile {
    private static final int STEPS = 6;
    private static final int WARM_UP = 2;
    private static final int SAMPLING_MILLIS = 1;

    private final Map<String, Integer> samples = new TreeMap<>();
    private volatile boolean running = true;

    private StepProfile() {
    }

    public static void main(String[] arguments) throws InterruptedException {
        int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 4;
        int residues = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 275;
        int tokens = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 60;
        boolean moving = arguments.length > 3 && Boolean.parseBoolean(arguments[3]);
        List<Sample> batch = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batch.add(RandomComplexes.sample("s" + i, residues, tokens, i));
        }
        new StepProfile().run(RandomComplexes.input(batch, 1280), Stage1Config.defaults().withUpdateFrames(moving));
    }

    private void run(ModelInput input, Stage1Config config) throws InterruptedException {
        try (CpuDevice device = new CpuDevice();
                Stage1Model model = new Stage1Model(device, DType.F32, config, new Flash1dBias(), 1);
                TensorArena arena = device.arena()) {
            model.warmUp(config.ligand().warmUpSteps());
            System.out.println(device.description());
            Thread worker = Thread.currentThread();
            Thread sampler = Thread.ofPlatform().daemon().unstarted(() -> sample(worker));
            for (int step = 0; step < STEPS; step++) {
                if (step == WARM_UP) {
                    sampler.start();
                }
                long start = System.nanoTime();
                long used = processor();
                Tape tape = Tape.training(arena, step);
                Stage1Output output = model.forward(tape, input, new FlashCpuBackend());
                long middle = System.nanoTime();
                long held = arena.used();
                Tensor loss = Ops.add(tape, Ops.weightedSum(tape, output.atoms(), null), Ops.weightedSum(tape, output.rotamerLogits(), null));
                tape.backward(loss);
                System.out.printf("forward %d ms, backward %d ms, processor %d ms, memory after forward %.0f MB, after backward %.0f MB%n",
                        (middle - start) / 1_000_000, (System.nanoTime() - middle) / 1_000_000, (processor() - used) / 1_000_000, held / 1e6,
                        arena.used() / 1e6);
                arena.reset();
                model.parameters().zeroGradients();
            }
            running = false;
            sampler.join();
            int total = samples.values().stream().mapToInt(Integer::intValue).sum();
            samples.entrySet().stream().sorted(Map.Entry.<String, Integer>comparingByValue().reversed()).limit(30)
                    .forEach(e -> System.out.printf("%5.1f %%  %s%n", 100.0 * e.getValue() / total, e.getKey()));
        }
    }

    /** Processor time of all threads, ns: unlike the wall clock it does not see the machine's other work. */
    private static long processor() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private void sample(Thread worker) {
        try {
            while (running) {
                Thread.sleep(SAMPLING_MILLIS);
                samples.merge(place(worker.getStackTrace()), 1, Integer::sum);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The operation at work: the innermost frame of the workbench that is neither the device nor a tensor. */
    private static String place(StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            String name = frame.getClassName();
            if (name.startsWith("org.bindrae.") && !name.startsWith("org.bindrae.tensor.cpu") && !name.startsWith("org.bindrae.thirdparty")
                    && !name.endsWith(".Tensor")) {
                String method = frame.getMethodName().replaceAll("lambda\\$(\\w+)\\$\\d+", "$1, backward");
                return name.substring(name.lastIndexOf('.') + 1) + "." + method;
            }
        }
        return "elsewhere";
    }
}
