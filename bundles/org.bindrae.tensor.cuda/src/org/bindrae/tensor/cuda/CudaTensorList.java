package org.bindrae.tensor.cuda;

import java.lang.foreign.MemorySegment;
import java.util.List;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Operands;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.TensorArena;
import org.bindrae.tensor.TensorList;

/**
 * Tensors with what kernels need to find them, as {@code optimiser.cu} describes.
 *
 * @param addresses 64-bit integers, one per tensor
 * @param sizes 64-bit integers, one per tensor
 * @param chunks pairs of the number of a tensor and the number of the chunk inside it
 * @param chunkCount how many
 */
record CudaTensorList(List<Tensor> tensors, Tensor addresses, Tensor sizes, Tensor chunks, int chunkCount) implements TensorList {
    /** Elements of a chunk, as in the kernels. */
    private static final int CHUNK = 4096;

    static CudaTensorList of(TensorArena arena, List<Tensor> tensors) {
        if (!tensors.isEmpty()) {
            Operands.floating(tensors.toArray(Tensor[]::new));
        }
        int count = Math.toIntExact(tensors.stream().mapToLong(CudaTensorList::chunks).sum());
        int[] chunks = new int[2 * count];
        int at = 0;
        for (int t = 0; t < tensors.size(); t++) {
            for (int chunk = 0; chunk < chunks(tensors.get(t)); chunk++) {
                chunks[at++] = t;
                chunks[at++] = chunk;
            }
        }
        return new CudaTensorList(List.copyOf(tensors), longs(arena, tensors.stream().mapToLong(t -> t.memory().address()).toArray()),
                longs(arena, tensors.stream().mapToLong(Tensor::size).toArray()), arena.allocate(DType.I32, Shape.of(chunks.length)).set(chunks), count);
    }

    private static long chunks(Tensor tensor) {
        return Math.ceilDiv(tensor.size(), CHUNK);
    }

    private static Tensor longs(TensorArena arena, long[] values) {
        Tensor tensor = arena.allocate(DType.I32, Shape.of(2 * values.length));
        arena.device().upload(MemorySegment.ofArray(values), tensor);
        return tensor;
    }

    /** The list as one of this device; it has as many tensors as this one, each of the same size. */
    CudaTensorList counterpart(TensorList list) {
        CudaTensorList other = of(list);
        boolean fits = other.tensors.size() == tensors.size() && other.chunkCount == chunkCount;
        for (int t = 0; fits && t < tensors.size(); t++) {
            fits = other.tensors.get(t).size() == tensors.get(t).size() && other.tensors.get(t).dtype() == tensors.get(t).dtype();
        }
        if (!fits) {
            throw new IllegalArgumentException("two lists of tensors do not fit each other");
        }
        return other;
    }

    static CudaTensorList of(TensorList list) {
        if (list instanceof CudaTensorList cuda) {
            return cuda;
        }
        throw new IllegalArgumentException("a list of tensors of another device");
    }
}
