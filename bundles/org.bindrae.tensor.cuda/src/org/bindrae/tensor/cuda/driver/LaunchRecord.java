package org.bindrae.tensor.cuda.driver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One launch in native memory, laid out as the driver's CUDA_KERNEL_NODE_PARAMS_v2: function, grid, block, bytes of dynamic shared memory, and the
 * address of an array with the addresses of the arguments. Each argument has a slot of eight bytes; the slots follow the array.
 */
public final class LaunchRecord {
    public static final int BYTES = 72;
    /** The fields before the arguments, by which two launches have equal form. */
    public static final int FORM_BYTES = 40;
    private static final int FUNCTION = 0;
    private static final int GRID_X = 8;
    private static final int GRID_Y = 12;
    private static final int GRID_Z = 16;
    private static final int BLOCK = 20;
    private static final int BLOCK_Y = 24;
    private static final int BLOCK_Z = 28;
    private static final int SHARED = 32;
    private static final int PADDING = 36;
    private static final int ARGUMENTS = 40;
    private static final int EXTRA = 48;
    private static final int LIBRARY_KERNEL = 56;
    private static final int CONTEXT = 64;

    private LaunchRecord() {
    }

    /** Writes a record; {@code arguments} is the address of the array of addresses. */
    public static void write(MemorySegment record, long function, int gridX, int gridY, int gridZ, int block, int shared, long arguments) {
        record.set(ValueLayout.JAVA_LONG, FUNCTION, function);
        record.set(ValueLayout.JAVA_INT, GRID_X, gridX);
        record.set(ValueLayout.JAVA_INT, GRID_Y, gridY);
        record.set(ValueLayout.JAVA_INT, GRID_Z, gridZ);
        record.set(ValueLayout.JAVA_INT, BLOCK, block);
        record.set(ValueLayout.JAVA_INT, BLOCK_Y, 1);
        record.set(ValueLayout.JAVA_INT, BLOCK_Z, 1);
        record.set(ValueLayout.JAVA_INT, SHARED, shared);
        record.set(ValueLayout.JAVA_INT, PADDING, 0);
        record.set(ValueLayout.JAVA_LONG, ARGUMENTS, arguments);
        record.set(ValueLayout.JAVA_LONG, EXTRA, 0);
        record.set(ValueLayout.JAVA_LONG, LIBRARY_KERNEL, 0);
        record.set(ValueLayout.JAVA_LONG, CONTEXT, 0);
    }

    public static void setGrid(MemorySegment record, int gridX, int gridY) {
        record.set(ValueLayout.JAVA_INT, GRID_X, gridX);
        record.set(ValueLayout.JAVA_INT, GRID_Y, gridY);
    }

    public static long function(MemorySegment record) {
        return record.get(ValueLayout.JAVA_LONG, FUNCTION);
    }

    public static int gridX(MemorySegment record) {
        return record.get(ValueLayout.JAVA_INT, GRID_X);
    }

    public static int gridY(MemorySegment record) {
        return record.get(ValueLayout.JAVA_INT, GRID_Y);
    }

    public static int gridZ(MemorySegment record) {
        return record.get(ValueLayout.JAVA_INT, GRID_Z);
    }

    public static int block(MemorySegment record) {
        return record.get(ValueLayout.JAVA_INT, BLOCK);
    }

    public static int shared(MemorySegment record) {
        return record.get(ValueLayout.JAVA_INT, SHARED);
    }

    public static long arguments(MemorySegment record) {
        return record.get(ValueLayout.JAVA_LONG, ARGUMENTS);
    }
}
