package org.bindrae.training.cuda.internal;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;

/** One call of an operation on given operands, of which every one that it does not call scratch memory is compared afterwards. */
public final class OperationCase {
    private static final String SCRATCH = "scratch";

    private final String name;
    private final SplittableRandom random;
    private final Map<String, Operand> operands = new LinkedHashMap<>();
    private Work work;

    /** @param type null for the type that is checked */
    private record Operand(DType type, Shape shape, double[] values) {
    }

    /** What is checked. */
    @FunctionalInterface
    public interface Work {
        void run(Tape tape, Map<String, Tensor> operands);
    }

    public OperationCase(String name, long seed) {
        this.name = name;
        this.random = new SplittableRandom(seed);
    }

    public String name() {
        return name;
    }

    /** Standard normal numbers in the type that is checked. */
    public OperationCase normal(String operand, int... shape) {
        double[] values = new double[Math.toIntExact(Shape.of(shape).size())];
        Arrays.setAll(values, _ -> random.nextGaussian());
        return real(operand, values, shape);
    }

    public OperationCase real(String operand, double[] values, int... shape) {
        operands.put(operand, new Operand(null, Shape.of(shape), values));
        return this;
    }

    /** Numbers that are in double precision whatever is checked. */
    public OperationCase doubles(String operand, double[] values, int... shape) {
        operands.put(operand, new Operand(DType.F64, Shape.of(shape), values));
        return this;
    }

    public OperationCase integers(String operand, int[] values, int... shape) {
        operands.put(operand, new Operand(DType.I32, Shape.of(shape), Arrays.stream(values).asDoubleStream().toArray()));
        return this;
    }

    /** Memory whose content does not matter, before and after. */
    public OperationCase scratch(String operand, int... shape) {
        return normal(SCRATCH + operand, shape);
    }

    public OperationCase work(Work what) {
        this.work = what;
        return this;
    }

    /**
     * Runs the operation on a device, twice.
     *
     * @param type of the operands
     * @param rounding the type to which their values are rounded before
     * @return what the operands hold afterwards
     * @throws IllegalStateException if the two runs differ
     */
    public Map<String, double[]> run(Device device, DType type, DType rounding) {
        Map<String, double[]> first = once(device, type, rounding);
        Map<String, double[]> second = once(device, type, rounding);
        first.forEach((operand, values) -> {
            if (!Arrays.equals(values, second.get(operand))) {
                throw new IllegalStateException(name + ": " + operand + " differs between two runs on " + device.name());
            }
        });
        return first;
    }

    private Map<String, double[]> once(Device device, DType type, DType rounding) {
        try (TensorArena arena = device.arena()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            operands.forEach((operand, o) -> {
                Tensor tensor = arena.allocate(o.type == null ? type : o.type, o.shape);
                double[] values = o.values.clone();
                if (o.type == null && rounding == DType.F32) {
                    Arrays.setAll(values, i -> (float) values[i]);
                }
                tensors.put(operand.startsWith(SCRATCH) ? operand.substring(SCRATCH.length()) : operand, tensor.set(values));
            });
            work.run(Tape.inference(arena), tensors);
            Map<String, double[]> results = new LinkedHashMap<>();
            operands.keySet().stream().filter(operand -> !operand.startsWith(SCRATCH))
                    .forEach(operand -> results.put(operand, tensors.get(operand).toDoubles()));
            return results;
        }
    }

    /** The largest difference of an operand, relative to its largest number; infinite where integers differ. */
    public double error(Map<String, double[]> ours, Map<String, double[]> theirs) {
        double worst = 0;
        for (Map.Entry<String, double[]> entry : theirs.entrySet()) {
            double[] right = entry.getValue();
            double[] values = ours.get(entry.getKey());
            double scale = Arrays.stream(right).filter(Double::isFinite).map(Math::abs).max().orElse(0);
            double difference = 0;
            for (int i = 0; i < right.length; i++) {
                // equal infinities and NaNs differ by nothing
                difference = Double.compare(values[i], right[i]) == 0 ? difference : Math.max(difference, Math.abs(values[i] - right[i]));
            }
            boolean whole = operands.get(entry.getKey()).type == DType.I32;
            worst = Math.max(worst, difference == 0 ? 0 : whole ? Double.POSITIVE_INFINITY : difference / Math.max(scale, Double.MIN_NORMAL));
        }
        return worst;
    }
}
