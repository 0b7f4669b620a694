package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Operands;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.TensorList;

/** Checks shapes and launches the kernels of {@code gpu-native/src/tensor}; products are those of {@link Products}. */
final class CudaKernels implements Kernels {
    private static final int THREADS = 256;
    /** Rows of a block of {@code rows.cu}: one per warp. */
    private static final int ROWS = THREADS / 32;
    private static final int PACK_BYTES = 16;
    private static final int ADD = 0;
    private static final int MULTIPLY = 1;
    private static final int MULTIPLY_ADD = 2;
    /** Of one launch. */
    private static final int COPIES = 4;
    /** Threads of the one block that adds up what the others leave. */
    private static final int CLIP_THREADS = 1024;

    /** Multiplications of several products up to which one launch for all is the faster way. */
    private static final long LARGEST_GROUP = 4L << 30;

    private final CudaDevice device;
    private final CudaModule module;
    private final Products products;
    private final WeightGradients weights;
    private final RowScatter scatter;
    /** Zero between launches. */
    private final Tensor counters;
    private final Tensor sum;
    private final Tensor found;

    CudaKernels(CudaDevice device) {
        this.device = device;
        this.module = device.module("tensor", CudaKernels.class);
        this.products = new Products(device);
        this.weights = new WeightGradients(device);
        this.scatter = new RowScatter(device, module);
        // as long as the device
        TensorArena own = device.arena();
        this.counters = own.zeros(DType.I32, Shape.of(ColumnSums.COUNTERS));
        this.sum = own.zeros(DType.F64, Shape.of());
        this.found = own.zeros(DType.I32, Shape.of());
    }

    private static String suffix(DType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private CudaKernel kernel(String operation, DType type) {
        return module.kernel("tensor_" + operation + "_" + suffix(type));
    }

    /** A number as a kernel of this type takes it. */
    private static Number number(DType type, double value) {
        return switch (type) {
            case F32 -> (float) value;
            case F64 -> value;
            case I32 -> (int) value;
        };
    }

    /** Launches a kernel whose threads take {@value #PACK_BYTES} bytes of so many elements each. */
    private static void packs(CudaKernel kernel, long size, DType type, Object... arguments) {
        kernel.launch(Math.toIntExact(Math.ceilDiv(size * type.bytes(), THREADS * PACK_BYTES)), 1, 1, THREADS, 0, arguments);
    }

    private static void singles(CudaKernel kernel, long size, Object... arguments) {
        kernel.launch(Math.toIntExact(Math.ceilDiv(size, THREADS)), 1, 1, THREADS, 0, arguments);
    }

    private static void rows(CudaKernel kernel, Tensor x, Object... arguments) {
        kernel.launch(Math.ceilDiv(x.rows(), ROWS), 1, 1, THREADS, 0, arguments);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
        products.gemm(transposeA, transposeB, m, n, k, alpha, a, b, beta, c);
    }

    @Override
    public void linear(Tensor x, Tensor weight, Tensor bias, Tensor y) {
        products.linear(x, weight, bias, y);
    }

    @Override
    public void linears(List<LinearMap> maps) {
        if (maps.stream().mapToLong(map -> map.y().size() * map.x().columns()).sum() > LARGEST_GROUP) {
            maps.forEach(map -> linear(map.x(), map.weight(), map.bias(), map.y()));
        } else {
            products.linears(maps);
        }
    }

    @Override
    public boolean gathersLinearGradients() {
        return true;
    }

    @Override
    public void linearGradientsAdd(List<LinearGradient> gradients) {
        List<LinearGradient> group = new ArrayList<>();
        for (LinearGradient g : weights.addMany(gradients)) {
            if (group.stream().anyMatch(other -> same(other.dweight(), g.dweight()) || same(other.dbias(), g.dbias()))) {
                addGroup(group);
                group.clear();
            }
            group.add(g);
        }
        addGroup(group);
    }

    private static boolean same(Tensor a, Tensor b) {
        return a != null && b != null && a.memory().address() == b.memory().address();
    }

    /** @param gradients of different parameters */
    private void addGroup(List<LinearGradient> gradients) {
        if (gradients.stream().mapToLong(g -> g.dy().size() * g.x().columns()).sum() > LARGEST_GROUP) {
            Kernels.super.linearGradientsAdd(gradients);
            return;
        }
        products.grouped(gradients.stream().map(CudaKernels::weightGradient).toList());
        List<LinearGradient> biased = gradients.stream().filter(g -> g.dbias() != null).toList();
        for (int from = 0; from < biased.size(); from += ColumnSums.TOGETHER) {
            sumTogether(biased.subList(from, Math.min(from + ColumnSums.TOGETHER, biased.size())));
        }
    }

    private static Products.Problem weightGradient(LinearGradient g) {
        int in = g.dweight().columns();
        return new Products.Problem(true, false, g.dweight().rows(), in, g.x().rows(), 1, Matrix.of(g.dy()), Matrix.of(g.x()), 1,
                new Matrix(g.dweight(), 0, in));
    }

    private void sumTogether(List<LinearGradient> biased) {
        LinearGradient first = biased.getFirst();
        for (LinearGradient g : biased) {
            Operands.fits(g.dbias(), Broadcast.ROW, g.dy());
        }
        boolean alike = biased.stream().allMatch(g -> g.dy().rows() == first.dy().rows() && g.dy().dtype() == first.dy().dtype());
        if (alike && biased.size() > 1) {
            CudaKernel kernel = kernel("columnSumsOfFour", Operands.floating(first.dy(), first.dbias()));
            ColumnSums.addAll(device, kernel, biased.stream().map(LinearGradient::dy).toList(), biased.stream().map(LinearGradient::dbias).toList(), counters);
        } else {
            biased.forEach(g -> reduceAdd(g.dy(), null, Broadcast.ROW, g.dbias()));
        }
    }

    @Override
    public void inputGradients(List<InputGradient> gradients) {
        products.inputGradients(gradients);
    }

    @Override
    public void linearGelu(Tensor x, Tensor weight, Tensor bias, Dropout dropout, Tensor z, Tensor y) {
        Operands.sameSize(z, y);
        Operands.fits(bias, Broadcast.ROW, z);
        products.linearGelu(x, weight, bias, dropout, z, y);
    }

    @Override
    public void linearGeluBackward(Tensor dy, Tensor weight, Tensor z, Dropout dropout, Tensor dz, Supplier<Tensor> room) {
        Operands.sameSize(z, dz);
        products.linearGeluBackward(dy, weight, z, dropout, dz);
    }

    @Override
    public void fill(Tensor y, double value) {
        DType type = y.dtype();
        packs(kernel("fill", type), y.size(), type, y, number(type, value), y.size());
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        Operands.sameType(x, y);
        long words = x.bytes() / Integer.BYTES;
        packs(kernel("copy", DType.I32), words, DType.I32, x, y, words);
    }

    @Override
    public void cast(Tensor x, Tensor y) {
        if (x.dtype() == y.dtype()) {
            copy(x, y);
            return;
        }
        Operands.sameSize(x, y);
        singles(kernel("cast_" + suffix(x.dtype()), y.dtype()), x.size(), x, y, x.size());
    }

    @Override
    public void axpby(double a, Tensor x, double b, Tensor y) {
        Operands.sameSize(x, y);
        DType type = Operands.floating(x, y);
        packs(kernel("axpby", type), x.size(), type, number(type, a), x, number(type, b), y, x.size());
    }

    @Override
    public void add(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        combine(ADD, x, b, spread, y);
    }

    @Override
    public void multiply(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        combine(MULTIPLY, x, b, spread, y);
    }

    @Override
    public void multiplyAdd(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        combine(MULTIPLY_ADD, x, b, spread, y);
    }

    private void combine(int operation, Tensor x, Tensor b, Broadcast spread, Tensor y) {
        Operands.sameSize(x, y);
        Operands.fits(b, spread, x);
        DType type = Operands.floating(x, b, y);
        packs(kernel("combine", type), x.size(), type, operation, x, b, spread.ordinal(), y, x.size(), x.columns());
    }

    @Override
    public void reduceAdd(Tensor x, Tensor w, Broadcast spread, Tensor y) {
        Operands.sameSize(x, w);
        Operands.fits(y, spread, x);
        DType type = Operands.floating(x, w, y);
        switch (spread) {
            case NONE -> {
                if (w == null) {
                    axpby(1, x, 1, y);
                } else {
                    multiplyAdd(x, w, Broadcast.NONE, y);
                }
            }
            case COLUMN -> rows(kernel("rowSums", type), x, x, w, y, x.rows(), x.columns());
            case ROW -> ColumnSums.of(x.rows(), x.columns(), x, w).add(device, kernel("columnSums", type), x, w, y, counters);
            case SCALAR -> ColumnSums.of(x.size(), 1).add(device, kernel("columnSums", type), x, w, y, counters);
        }
    }

    @Override
    public void unary(Unary function, Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        DType type = Operands.floating(x, y);
        packs(kernel("unary", type), x.size(), type, function.ordinal(), x, y, x.size());
    }

    @Override
    public void unaryBackward(Unary function, Tensor x, Tensor y, Tensor dy, boolean add, Tensor dx) {
        Operands.sameSize(x, y, dy, dx);
        DType type = Operands.floating(x, y, dy, dx);
        packs(kernel("unaryBackward", type), x.size(), type, function.ordinal(), x, y, dy, add ? 1 : 0, dx, x.size());
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps, Tensor y, Tensor mean, Tensor rstd) {
        Operands.sameSize(x, y);
        Operands.sameSize(gamma, beta);
        Operands.fits(gamma, Broadcast.ROW, x);
        Operands.fits(mean, Broadcast.COLUMN, x);
        Operands.fits(rstd, Broadcast.COLUMN, x);
        DType type = Operands.floating(x, gamma, beta, y, mean, rstd);
        rows(kernel("layerNorm", type), x, x, gamma, beta, number(type, eps), y, mean, rstd, x.rows(), x.columns());
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dy, boolean add, Tensor dx, Tensor dgamma,
            Tensor dbeta) {
        Operands.sameSize(x, dy, dx);
        Operands.sameSize(gamma, dgamma, dbeta);
        Operands.fits(gamma, Broadcast.ROW, x);
        Operands.fits(mean, Broadcast.COLUMN, x);
        Operands.fits(rstd, Broadcast.COLUMN, x);
        DType type = Operands.floating(x, gamma, mean, rstd, dy, dx, dgamma, dbeta);
        ColumnSums.of(x.rows(), x.columns(), x, dy).layerNormBackward(device, kernel("layerNormBackward", type), x, gamma, mean, rstd, dy, add, dx, dgamma,
                dbeta, counters);
    }

    @Override
    public void softmax(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        rows(kernel("softmax", Operands.floating(x, y)), x, x, y, x.rows(), x.columns());
    }

    @Override
    public void softmaxBackward(Tensor y, Tensor dy, Tensor dx) {
        Operands.sameSize(y, dy, dx);
        rows(kernel("softmaxBackward", Operands.floating(y, dy, dx)), y, y, dy, dx, y.rows(), y.columns());
    }

    @Override
    public void logSoftmax(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        rows(kernel("logSoftmax", Operands.floating(x, y)), x, x, y, x.rows(), x.columns());
    }

    @Override
    public void logSoftmaxBackward(Tensor y, Tensor dy, Tensor dx) {
        Operands.sameSize(y, dy, dx);
        rows(kernel("logSoftmaxBackward", Operands.floating(y, dy, dx)), y, y, dy, dx, y.rows(), y.columns());
    }

    @Override
    public void dropout(Tensor x, Dropout dropout, Tensor y) {
        dropout(null, x, dropout, y);
    }

    @Override
    public void dropoutAdd(Tensor x, Dropout dropout, Tensor y) {
        dropout(y, x, dropout, y);
    }

    @Override
    public void addDropout(Tensor base, Tensor x, Dropout dropout, Tensor y) {
        Operands.sameSize(base, x);
        dropout(base, x, dropout, y);
    }

    private void dropout(Tensor base, Tensor x, Dropout dropout, Tensor y) {
        Operands.sameSize(x, y);
        DType type = Operands.floating(x, base, y);
        packs(kernel("dropout", type), x.size(), type, base, x, dropout.threshold(), number(type, dropout.scale()), dropout.seed(), dropout.stream(), y,
                x.size());
    }

    @Override
    public void copyColumns(Tensor x, int xColumn, Tensor y, int yColumn, int count, boolean add) {
        copyColumns(List.of(new ColumnCopy(x, xColumn, y, yColumn, count)), add);
    }

    @Override
    public void copyColumns(List<ColumnCopy> copies, boolean add) {
        List<ColumnCopy> group = new ArrayList<>();
        for (ColumnCopy copy : copies) {
            Operands.columnsFit(copy.x(), copy.xColumn(), copy.y(), copy.yColumn(), copy.count());
            if (group.size() == COPIES || group.stream().anyMatch(other -> !isIndependent(copy, other))) {
                copyTogether(group, add);
                group.clear();
            }
            group.add(copy);
        }
        copyTogether(group, add);
    }

    /** Whether two copies can be of one launch, in any order. */
    private static boolean isIndependent(ColumnCopy a, ColumnCopy b) {
        boolean apart = !same(a.y(), b.y()) || a.yColumn() + a.count() <= b.yColumn() || b.yColumn() + b.count() <= a.yColumn();
        return apart && !same(a.x(), b.y()) && !same(a.y(), b.x()) && a.x().rows() == b.x().rows() && a.x().dtype() == b.x().dtype();
    }

    /** Whether columns of a matrix are whole packs. */
    private static boolean isPacked(Tensor matrix, int column, int count, int pack) {
        return matrix.memory().address() % PACK_BYTES == 0 && matrix.columns() % pack == 0 && column % pack == 0 && count % pack == 0;
    }

    private void copyTogether(List<ColumnCopy> copies, boolean add) {
        if (copies.isEmpty()) {
            return;
        }
        int rows = copies.getFirst().x().rows();
        DType type = Operands.floating(copies.getFirst().x());
        int pack = PACK_BYTES / type.bytes();
        boolean packs = copies.stream()
                .allMatch(copy -> isPacked(copy.x(), copy.xColumn(), copy.count(), pack) && isPacked(copy.y(), copy.yColumn(), copy.count(), pack));
        Object[] arguments = new Object[7 * COPIES + 3];
        int at = 0;
        for (int i = 0; i < COPIES; i++) {
            // where there is none, one that no block looks at
            ColumnCopy copy = copies.get(Math.min(i, copies.size() - 1));
            Operands.floating(copy.x(), copy.y());
            arguments[at++] = copy.x();
            arguments[at++] = copy.x().columns();
            arguments[at++] = copy.xColumn();
            arguments[at++] = copy.y();
            arguments[at++] = copy.y().columns();
            arguments[at++] = copy.yColumn();
            arguments[at++] = copy.count();
        }
        arguments[at++] = rows;
        arguments[at++] = add ? 1 : 0;
        arguments[at] = packs ? 1 : 0;
        int widest = copies.stream().mapToInt(ColumnCopy::count).max().getAsInt() / (packs ? pack : 1);
        kernel("copyColumns", type).launch(Math.toIntExact(Math.ceilDiv((long) rows * widest, THREADS)), copies.size(), 1, THREADS, 0, arguments);
    }

    @Override
    public void gatherRows(Tensor x, Tensor index, Tensor y) {
        Operands.indexed(y, index, x.columns());
        Operands.sameType(x, y);
        singles(kernel("gatherRows", x.dtype()), y.size(), x, x.rows(), index, y, y.rows(), y.columns());
    }

    @Override
    public void scatterAddRows(Tensor x, Tensor index, Tensor y) {
        Operands.indexed(x, index, y.columns());
        scatter.add(x, index, y, suffix(Operands.floating(x, y)));
    }

    /** Launches a kernel whose threads take {@value #PACK_BYTES} bytes of a row of y each. */
    private static void packsOfRows(CudaKernel kernel, Tensor y, Object... arguments) {
        long packs = Math.ceilDiv(y.columns(), PACK_BYTES / y.dtype().bytes());
        kernel.launch(Math.toIntExact(Math.ceilDiv(y.rows() * packs, THREADS)), 1, 1, THREADS, 0, arguments);
    }

    @Override
    public void sumGroups(Tensor x, Tensor w, boolean add, Tensor y) {
        sumGroups(x, w, false, add, y);
    }

    @Override
    public void sumGroupsGelu(Tensor x, Tensor w, Tensor y, Supplier<Tensor> room) {
        sumGroups(x, w, true, false, y);
    }

    private void sumGroups(Tensor x, Tensor w, boolean gelu, boolean add, Tensor y) {
        int k = Operands.groups(x, w, y);
        packsOfRows(kernel("sumGroups", Operands.floating(x, w, y)), y, x, w, gelu ? 1 : 0, add ? 1 : 0, y, y.rows(), k, y.columns());
    }

    @Override
    public void spreadGroups(Tensor x, Tensor w, boolean add, Tensor y) {
        spreadGroups(x, w, null, add, y);
    }

    @Override
    public void sumGroupsGeluBackward(Tensor x, Tensor w, Tensor dy, boolean add, Tensor dx, Supplier<Tensor> room) {
        spreadGroups(dy, w, x, add, dx);
    }

    private void spreadGroups(Tensor x, Tensor w, Tensor z, boolean add, Tensor y) {
        Operands.sameSize(y, z);
        int k = Operands.groups(y, w, x);
        packsOfRows(kernel("spreadGroups", Operands.floating(x, w, z, y)), y, x, w, z, add ? 1 : 0, y, (long) y.rows(), k, y.columns());
    }

    @Override
    public void dotGroupsAdd(Tensor x, Tensor y, Tensor w) {
        int k = Operands.groups(y, w, x);
        rows(kernel("dotGroupsAdd", Operands.floating(x, y, w)), y, x, y, w, (long) y.rows(), k, y.columns());
    }

    @Override
    public void addEndpoints(Tensor x, Tensor targets, Tensor sources, Tensor index, Tensor y) {
        addEndpointsGelu(x, targets, sources, index, y, null);
    }

    /** @param y null for nothing but z */
    @Override
    public void addEndpointsGelu(Tensor x, Tensor targets, Tensor sources, Tensor index, Tensor z, Tensor y) {
        Operands.sameSize(x, z, y);
        Operands.indexed(x, index, sources.columns());
        int k = Operands.groups(x, null, targets);
        packsOfRows(kernel("addEndpoints", Operands.floating(x, targets, sources, z, y)), z, x, targets, sources, sources.rows(), index, z, y, (long) z.rows(),
                k, z.columns());
    }

    @Override
    public double sumOfSquares(Tensor x) {
        CudaKernel kernel = kernel("sumOfSquares", Operands.floating(x));
        if (x.size() == 0) {
            return 0;
        }
        ColumnSums.of(x.size(), 1).squares(device, kernel, x, sum, counters);
        return sum.item();
    }

    @Override
    public boolean allFinite(Tensor x) {
        CudaKernel kernel = kernel("findNotFinite", Operands.floating(x));
        fill(found, 0);
        kernel.launch((int) Math.min(1024, Math.ceilDiv(x.size(), THREADS)), THREADS, x, found, x.size());
        return found.item() == 0;
    }

    @Override
    public void adamW(AdamWStep step, Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment) {
        Operands.sameSize(parameter, gradient, firstMoment, secondMoment);
        DType type = Operands.floating(parameter, gradient, firstMoment, secondMoment);
        packs(kernel("adamW", type), parameter.size(), type, parameter, gradient, firstMoment, secondMoment, parameter.size(),
                number(type, step.gradientScale()), number(type, step.beta1()), number(type, 1 - step.beta1()), number(type, step.beta2()),
                number(type, 1 - step.beta2()), number(type, step.rate()), number(type, step.rootScale()), number(type, step.eps()),
                number(type, step.decay()));
    }

    @Override
    public TensorList list(TensorArena arena, List<Tensor> tensors) {
        return CudaTensorList.of(arena, tensors);
    }

    private CudaKernel kernel(String operation, CudaTensorList list) {
        return kernel(operation, list.tensors().getFirst().dtype());
    }

    @Override
    public void fill(TensorList y, double value) {
        CudaTensorList list = CudaTensorList.of(y);
        if (list.chunkCount() > 0) {
            Number number = number(list.tensors().getFirst().dtype(), value);
            kernel("fillList", list).launch(list.chunkCount(), THREADS, list.addresses(), list.sizes(), list.chunks(), number);
        }
    }

    /** Σ x² of each chunk, in double precision. */
    private MemorySegment squares(CudaTensorList list) {
        MemorySegment partial = device.scratch(Math.max(1L, list.chunkCount()) * Double.BYTES);
        if (list.chunkCount() > 0) {
            kernel("squaresOfList", list).launch(list.chunkCount(), THREADS, list.addresses(), list.sizes(), list.chunks(), partial);
        }
        return partial;
    }

    @Override
    public double sumOfSquares(TensorList x) {
        CudaTensorList list = CudaTensorList.of(x);
        module.kernel("tensor_sumPartial").launch(1, CLIP_THREADS, squares(list), list.chunkCount(), sum);
        return sum.item();
    }

    @Override
    public void adamW(AdamWUpdate update, TensorList parameters, TensorList gradients, TensorList firstMoments, TensorList secondMoments, Tensor weightDecay,
            Tensor state) {
        CudaTensorList p = CudaTensorList.of(parameters);
        CudaTensorList g = p.counterpart(gradients);
        CudaTensorList m = p.counterpart(firstMoments);
        CudaTensorList v = p.counterpart(secondMoments);
        module.kernel("tensor_clip").launch(1, CLIP_THREADS, squares(g), g.chunkCount(), update.learningRate(), update.beta1(), update.beta2(),
                update.gradientScale(), update.largestNorm(), state);
        if (p.chunkCount() > 0) {
            kernel("adamWList", p).launch(p.chunkCount(), THREADS, p.addresses(), g.addresses(), m.addresses(), v.addresses(), p.sizes(), p.chunks(),
                    weightDecay, state, update.learningRate(), update.beta1(), update.beta2(), update.eps());
        }
    }

    @Override
    public void average(TensorList parameters, TensorList averages, double decay, Tensor updates, Tensor optimiser) {
        CudaTensorList p = CudaTensorList.of(parameters);
        CudaTensorList a = p.counterpart(averages);
        if (p.chunkCount() > 0) {
            kernel("averageList", p).launch(p.chunkCount(), THREADS, p.addresses(), a.addresses(), p.sizes(), p.chunks(), decay, updates, optimiser, counters);
        }
    }
}
