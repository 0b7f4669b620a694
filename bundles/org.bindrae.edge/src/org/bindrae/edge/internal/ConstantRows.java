package org.bindrae.edge.internal;

import java.lang.foreign.MemorySegment;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** Builds constants of a step on the host, row by row, for any device. */
final class ConstantRows {
    private static final int ROWS_PER_CHUNK = 16;

    /** Writes one row, which holds zeros before. */
    @FunctionalInterface
    interface RowWriter {
        void write(int row, MemorySegment memory, long at);
    }

    private ConstantRows() {
    }

    static Tensor matrix(Tape tape, DType dtype, int rows, int columns, RowWriter writer) {
        Tensor result = tape.scratch(dtype, Shape.of(rows, columns));
        if (tape.device() instanceof HostDevice host) {
            write(host, result, writer);
        } else {
            MemorySegment values = MemorySegment.ofArray(new long[Math.toIntExact(Math.ceilDiv(result.bytes(), Long.BYTES))]);
            write(values, dtype, 0, rows, columns, writer);
            tape.device().upload(values, result);
        }
        return result;
    }

    /** Overwrites a matrix of the host. */
    static void write(HostDevice host, Tensor matrix, RowWriter writer) {
        host.parallel(matrix.rows(), ROWS_PER_CHUNK, (from, to) -> write(matrix.memory(), matrix.dtype(), from, to, matrix.columns(), writer));
    }

    private static void write(MemorySegment memory, DType dtype, int fromRow, int toRow, int columns, RowWriter writer) {
        long rowBytes = (long) columns * dtype.bytes();
        memory.asSlice(fromRow * rowBytes, (toRow - fromRow) * rowBytes).fill((byte) 0);
        for (int row = fromRow; row < toRow; row++) {
            writer.write(row, memory, (long) row * columns);
        }
    }
}
