package org.bindrae.tensor.cpu;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice.Range;
import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Operands;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.cpu.ElementLoops.Combination;

/** Checks shapes, cuts the work into pieces by shape alone and hands them to the loops of the element type. */
final class CpuKernels implements Kernels {
    /** Elements of one piece of work: some tens of microseconds. */
    private static final int GRAIN = 1 << 15;
    /** Elements summed in the element type before the sum goes on in double precision. */
    private static final int PARTIAL = 1 << 12;

    private final WorkerPool pool;
    private final MatrixProduct product;
    private final Gemm gemm;
    private final Loops single;
    private final Loops dual;

    CpuKernels(WorkerPool pool, MatrixProduct product, Loops single, Loops dual) {
        this.pool = pool;
        this.product = product;
        this.gemm = new Gemm(pool, product);
        this.single = single;
        this.dual = dual;
    }

    private interface Piece {
        void run(long from, int n);
    }

    private void elements(long size, Piece piece) {
        pool.parallel(Math.toIntExact(Math.ceilDiv(size, GRAIN)), 1, (from, to) -> {
            for (int i = from; i < to; i++) {
                long start = (long) i * GRAIN;
                piece.run(start, (int) Math.min(GRAIN, size - start));
            }
        });
    }

    private void rows(int rows, int columns, Range range) {
        pool.parallel(rows, Math.max(1, GRAIN / Math.max(1, columns)), range);
    }

    private Loops loops(Tensor... tensors) {
        return Operands.floating(tensors) == DType.F32 ? single : dual;
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
        gemm.run(transposeA, transposeB, m, n, k, alpha, a, b, beta, c);
    }

    @Override
    public void fill(Tensor y, double value) {
        MemorySegment data = y.memory();
        int bytes = y.dtype().bytes();
        boolean zero = Double.doubleToRawLongBits(value) == 0;
        elements(y.size(), (from, n) -> {
            if (zero) {
                data.asSlice(from * bytes, (long) n * bytes).fill((byte) 0);
            } else {
                for (long i = from; i < from + n; i++) {
                    y.dtype().set(data, i, value);
                }
            }
        });
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        Operands.sameType(x, y);
        int bytes = x.dtype().bytes();
        elements(x.size(), (from, n) -> MemorySegment.copy(x.memory(), from * bytes, y.memory(), from * bytes, (long) n * bytes));
    }

    @Override
    public void cast(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        elements(x.size(), (from, n) -> {
            for (long i = from; i < from + n; i++) {
                y.dtype().set(y.memory(), i, x.dtype().get(x.memory(), i));
            }
        });
    }

    @Override
    public void axpby(double a, Tensor x, double b, Tensor y) {
        Operands.sameSize(x, y);
        var loops = loops(x, y).elements();
        elements(x.size(), (from, n) -> loops.axpby(a, x.memory(), b, y.memory(), from, n));
    }

    @Override
    public void add(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        combine(Combination.ADD, x, b, spread, y);
    }

    @Override
    public void multiply(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        combine(Combination.MULTIPLY, x, b, spread, y);
    }

    @Override
    public void multiplyAdd(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        combine(Combination.MULTIPLY_ADD, x, b, spread, y);
    }

    private void combine(Combination operation, Tensor x, Tensor b, Broadcast spread, Tensor y) {
        Operands.sameSize(x, y);
        Operands.fits(b, spread, x);
        var loops = loops(x, b, y).elements();
        DType type = x.dtype();
        MemorySegment xs = x.memory();
        MemorySegment bs = b.memory();
        MemorySegment ys = y.memory();
        int columns = x.columns();
        switch (spread) {
            case NONE -> elements(x.size(), (from, n) -> loops.combine(operation, xs, from, bs, from, ys, from, n));
            case SCALAR -> elements(x.size(), (from, n) -> loops.combine(operation, xs, from, type.get(bs, 0), ys, from, n));
            case ROW -> rows(x.rows(), columns, (from, to) -> {
                for (int row = from; row < to; row++) {
                    long at = (long) row * columns;
                    loops.combine(operation, xs, at, bs, 0, ys, at, columns);
                }
            });
            case COLUMN -> rows(x.rows(), columns, (from, to) -> {
                for (int row = from; row < to; row++) {
                    long at = (long) row * columns;
                    loops.combine(operation, xs, at, type.get(bs, row), ys, at, columns);
                }
            });
        }
    }

    @Override
    public void reduceAdd(Tensor x, Tensor w, Broadcast spread, Tensor y) {
        Operands.sameSize(x, w);
        Operands.fits(y, spread, x);
        var loops = loops(x, w, y).elements();
        MemorySegment xs = x.memory();
        MemorySegment ws = w == null ? null : w.memory();
        DType type = x.dtype();
        int columns = x.columns();
        switch (spread) {
            case NONE -> {
                if (w == null) {
                    axpby(1, x, 1, y);
                } else {
                    multiplyAdd(x, w, Broadcast.NONE, y);
                }
            }
            case SCALAR -> {
                double[] parts = new double[Math.toIntExact(Math.ceilDiv(x.size(), GRAIN))];
                elements(x.size(), (from, n) -> parts[(int) (from / GRAIN)] = dot(loops, xs, from, ws, from, n));
                addTo(type, y.memory(), 0, sum(parts));
            }
            case COLUMN -> rows(x.rows(), columns, (from, to) -> {
                for (int row = from; row < to; row++) {
                    addTo(type, y.memory(), row, dot(loops, xs, (long) row * columns, ws, (long) row * columns, columns));
                }
            });
            case ROW -> columnSums(x.rows(), columns, type, new Tensor[] {y}, (from, to, sums) -> loops.columnSums(xs, ws, from, to, sums[0]));
        }
    }

    private static double dot(ElementLoops loops, MemorySegment x, long xFrom, MemorySegment w, long wFrom, int n) {
        double sum = 0;
        for (int i = 0; i < n; i += PARTIAL) {
            sum += loops.dot(x, xFrom + i, w, wFrom + i, Math.min(PARTIAL, n - i));
        }
        return sum;
    }

    private static double sum(double[] parts) {
        double sum = 0;
        for (double part : parts) {
            sum += part;
        }
        return sum;
    }

    private static void addTo(DType type, MemorySegment y, long at, double value) {
        type.set(y, at, type.get(y, at) + value);
    }

    private interface ColumnPiece {
        /** Adds the sums over these rows to {@code sums[target][column]}. */
        void run(int fromRow, int toRow, double[][] sums);
    }

    /** Sums over rows in blocks that depend on the shape only; the sums of blocks are added in order. Null targets are skipped. */
    private void columnSums(int rows, int columns, DType type, Tensor[] targets, ColumnPiece piece) {
        int block = Math.max(64, Math.ceilDiv(rows, 256));
        double[][][] parts = new double[Math.ceilDiv(rows, block)][targets.length][columns];
        pool.parallel(rows, block, (from, to) -> piece.run(from, to, parts[from / block]));
        for (int t = 0; t < targets.length; t++) {
            for (int j = 0; targets[t] != null && j < columns; j++) {
                double sum = 0;
                for (double[][] part : parts) {
                    sum += part[t][j];
                }
                addTo(type, targets[t].memory(), j, sum);
            }
        }
    }

    @Override
    public void unary(Unary function, Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        var loops = loops(x, y).functions();
        elements(x.size(), (from, n) -> loops.forward(function, x.memory(), y.memory(), from, n));
    }

    @Override
    public void unaryBackward(Unary function, Tensor x, Tensor y, Tensor dy, boolean add, Tensor dx) {
        Operands.sameSize(x, y, dy, dx);
        var loops = loops(x, y, dy, dx).functions();
        if (!add) {
            fill(dx, 0);
        }
        elements(x.size(), (from, n) -> loops.backward(function, x.memory(), y.memory(), dy.memory(), dx.memory(), from, n));
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps, Tensor y, Tensor mean, Tensor rstd) {
        Operands.sameSize(x, y);
        Operands.sameSize(gamma, beta);
        Operands.fits(gamma, Broadcast.ROW, x);
        Operands.fits(mean, Broadcast.COLUMN, x);
        Operands.fits(rstd, Broadcast.COLUMN, x);
        var loops = loops(x, gamma, beta, y, mean, rstd).rows();
        eachRow(x, row -> loops.layerNorm(x.memory(), gamma.memory(), beta.memory(), eps, y.memory(), mean.memory(), rstd.memory(), row, x.columns()));
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dy, boolean add, Tensor dx, Tensor dgamma,
            Tensor dbeta) {
        Operands.sameSize(x, dy, dx);
        Operands.sameSize(gamma, dgamma, dbeta);
        Operands.fits(gamma, Broadcast.ROW, x);
        Operands.fits(mean, Broadcast.COLUMN, x);
        Operands.fits(rstd, Broadcast.COLUMN, x);
        Loops loops = loops(x, gamma, mean, rstd, dy, dx, dgamma, dbeta);
        if (dx != null && !add) {
            fill(dx, 0);
        }
        if (dx != null) {
            eachRow(x, row -> loops.rows().layerNormBackward(x.memory(), gamma.memory(), mean.memory(), rstd.memory(), dy.memory(), dx.memory(), row,
                    x.columns()));
        }
        columnSums(x.rows(), x.columns(), x.dtype(), new Tensor[] {dgamma, dbeta}, (from, to, sums) -> {
            if (dgamma != null) {
                loops.rows().layerNormGamma(x.memory(), mean.memory(), rstd.memory(), dy.memory(), from, to, sums[0]);
            }
            if (dbeta != null) {
                loops.elements().columnSums(dy.memory(), null, from, to, sums[1]);
            }
        });
    }

    private void eachRow(Tensor x, java.util.function.IntConsumer body) {
        rows(x.rows(), x.columns(), (from, to) -> {
            for (int row = from; row < to; row++) {
                body.accept(row);
            }
        });
    }

    @Override
    public void softmax(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        var loops = loops(x, y).rows();
        eachRow(x, row -> loops.softmax(x.memory(), y.memory(), row, x.columns()));
    }

    @Override
    public void softmaxBackward(Tensor y, Tensor dy, Tensor dx) {
        Operands.sameSize(y, dy, dx);
        var loops = loops(y, dy, dx).rows();
        eachRow(y, row -> loops.softmaxBackward(y.memory(), dy.memory(), dx.memory(), row, y.columns()));
    }

    @Override
    public void selfAttention(Tensor q, Tensor k, Tensor v, SelfAttention form, TensorArena room, Tensor y) {
        form.check(q, k, v, y);
        new CpuAttention(pool, product, loops(q), form, q, k, v, room, y).run();
    }

    @Override
    public void logSoftmax(Tensor x, Tensor y) {
        Operands.sameSize(x, y);
        var loops = loops(x, y).rows();
        eachRow(x, row -> loops.logSoftmax(x.memory(), y.memory(), row, x.columns()));
    }

    @Override
    public void logSoftmaxBackward(Tensor y, Tensor dy, Tensor dx) {
        Operands.sameSize(y, dy, dx);
        var loops = loops(y, dy, dx).rows();
        eachRow(y, row -> loops.logSoftmaxBackward(y.memory(), dy.memory(), dx.memory(), row, y.columns()));
    }

    @Override
    public void dropout(Tensor x, Dropout dropout, Tensor y) {
        dropout(x, dropout, false, y);
    }

    @Override
    public void dropoutAdd(Tensor x, Dropout dropout, Tensor y) {
        dropout(x, dropout, true, y);
    }

    private void dropout(Tensor x, Dropout dropout, boolean add, Tensor y) {
        Operands.sameSize(x, y);
        var loops = loops(x, y).elements();
        elements(x.size(), (from, n) -> loops.dropout(x.memory(), dropout, add, y.memory(), from, n));
    }

    @Override
    public void copyColumns(Tensor x, int xColumn, Tensor y, int yColumn, int count, boolean add) {
        Operands.columnsFit(x, xColumn, y, yColumn, count);
        var loops = loops(x, y).elements();
        long bytes = x.dtype().bytes();
        rows(x.rows(), count, (from, to) -> {
            for (int row = from; row < to; row++) {
                long source = (long) row * x.columns() + xColumn;
                long target = (long) row * y.columns() + yColumn;
                if (add) {
                    loops.combine(Combination.ADD, x.memory(), source, y.memory(), target, y.memory(), target, count);
                } else {
                    MemorySegment.copy(x.memory(), source * bytes, y.memory(), target * bytes, count * bytes);
                }
            }
        });
    }

    @Override
    public void gatherRows(Tensor x, Tensor index, Tensor y) {
        Operands.indexed(y, index, x.columns());
        checkIndices(index, x.rows());
        Operands.sameType(x, y);
        long bytes = (long) x.columns() * x.dtype().bytes();
        rows(y.rows(), x.columns(), (from, to) -> {
            for (int row = from; row < to; row++) {
                int source = index.intAt(row);
                if (source < 0) {
                    y.memory().asSlice(row * bytes, bytes).fill((byte) 0);
                } else {
                    MemorySegment.copy(x.memory(), source * bytes, y.memory(), row * bytes, bytes);
                }
            }
        });
    }

    @Override
    public void scatterAddRows(Tensor x, Tensor index, Tensor y) {
        Operands.indexed(x, index, y.columns());
        checkIndices(index, y.rows());
        var loops = loops(x, y).elements();
        // threads share out the columns, so that each sum is in the order of the rows
        int columns = y.columns();
        pool.parallel(columns, 64, (from, to) -> {
            for (int row = 0; row < x.rows(); row++) {
                int target = index.intAt(row);
                if (target >= 0) {
                    long at = (long) target * columns + from;
                    loops.combine(Combination.ADD, x.memory(), (long) row * columns + from, y.memory(), at, y.memory(), at, to - from);
                }
            }
        });
    }

    @Override
    public void sumGroups(Tensor x, Tensor w, boolean add, Tensor y) {
        var loops = loops(x, w, y).elements();
        int columns = x.columns();
        if (!add) {
            fill(y, 0);
        }
        eachOfGroups(x, w, y, (member, group, weight) -> loops.combine(Combination.MULTIPLY_ADD, x.memory(), member * columns, weight, y.memory(),
                group * columns, columns));
    }

    @Override
    public void spreadGroups(Tensor x, Tensor w, boolean add, Tensor y) {
        var loops = loops(x, w, y).elements();
        int columns = x.columns();
        Combination operation = add ? Combination.MULTIPLY_ADD : Combination.MULTIPLY;
        eachOfGroups(y, w, x,
                (member, group, weight) -> loops.combine(operation, x.memory(), group * columns, weight, y.memory(), member * columns, columns));
    }

    @Override
    public void dotGroupsAdd(Tensor x, Tensor y, Tensor w) {
        var loops = loops(x, y, w).elements();
        int columns = x.columns();
        eachOfGroups(y, w, x, (member, group, weight) -> {
            double product = dot(loops, x.memory(), group * columns, y.memory(), member * columns, columns);
            w.dtype().set(w.memory(), member, weight + product);
        });
    }

    private interface GroupMember {
        void run(long member, long group, double weight);
    }

    /** Runs something for the rows of all groups, those of one in order. */
    private void eachOfGroups(Tensor members, Tensor w, Tensor groups, GroupMember body) {
        int k = Operands.groups(members, w, groups);
        rows(groups.rows(), k * members.columns(), (from, to) -> {
            for (long member = (long) from * k; member < (long) to * k; member++) {
                body.run(member, member / k, w == null ? 1 : w.dtype().get(w.memory(), member));
            }
        });
    }

    @Override
    public void addEndpoints(Tensor x, Tensor targets, Tensor sources, Tensor index, Tensor y) {
        Operands.sameSize(x, y);
        Operands.indexed(x, index, sources.columns());
        checkIndices(index, sources.rows());
        var loops = loops(x, targets, sources, y).elements();
        int columns = x.columns();
        eachOfGroups(x, null, targets, (edge, target, _) -> {
            long at = edge * columns;
            loops.combine(Combination.ADD, x.memory(), at, targets.memory(), target * columns, y.memory(), at, columns);
            int source = index.intAt(edge);
            if (source >= 0) {
                loops.combine(Combination.ADD, y.memory(), at, sources.memory(), (long) source * columns, y.memory(), at, columns);
            }
        });
    }

    private static void checkIndices(Tensor index, int rows) {
        for (long i = 0; i < index.size(); i++) {
            if (index.intAt(i) >= rows) {
                throw new IndexOutOfBoundsException("index " + index.intAt(i) + " at " + i + " is beyond " + rows + " rows");
            }
        }
    }

    @Override
    public double sumOfSquares(Tensor x) {
        var loops = loops(x).elements();
        double[] parts = new double[Math.toIntExact(Math.ceilDiv(x.size(), GRAIN))];
        elements(x.size(), (from, n) -> parts[(int) (from / GRAIN)] = loops.sumOfSquares(x.memory(), from, n));
        return sum(parts);
    }

    @Override
    public boolean allFinite(Tensor x) {
        var loops = loops(x).elements();
        boolean[] parts = new boolean[Math.toIntExact(Math.ceilDiv(x.size(), GRAIN))];
        elements(x.size(), (from, n) -> parts[(int) (from / GRAIN)] = loops.allFinite(x.memory(), from, n));
        for (boolean finite : parts) {
            if (!finite) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void adamW(AdamWStep step, Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment) {
        Operands.sameSize(parameter, gradient, firstMoment, secondMoment);
        var loops = loops(parameter, gradient, firstMoment, secondMoment).elements();
        elements(parameter.size(), (from, n) -> loops.adamW(step, parameter.memory(), gradient.memory(), firstMoment.memory(), secondMoment.memory(), from, n));
    }
}
