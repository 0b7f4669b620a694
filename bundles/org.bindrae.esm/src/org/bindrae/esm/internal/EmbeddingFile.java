package org.bindrae.esm.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import org.bindrae.data.ResidueId;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.io.NpyFile;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.tensor.io.StoredArray;

/**
 * A file of embeddings of one sample: an NPY array [T, width], or a safetensors or NPZ file with the array {@code embedding} [T, width] or one array [residues, width]
 * per chain, under the chain's name.
 */
record EmbeddingFile(Path path) {
    private static final String NPY = ".npy";
    private static final String SAFETENSORS = ".safetensors";
    private static final String NPZ = ".npz";
    private static final String PICKLE = ".pt";
    private static final String WHOLE = "embedding";
    /** Rows that language models add for the start and the end of a sequence. */
    private static final int END_TOKENS = 2;

    private record Block(String name, int residues) {
    }

    /** The file of a sample. */
    static EmbeddingFile of(Path folder, String sample) throws IOException {
        for (String ending : List.of(SAFETENSORS, NPY, NPZ)) {
            Path path = folder.resolve(sample + ending);
            if (Files.isRegularFile(path)) {
                return new EmbeddingFile(path);
            }
        }
        Path pickle = folder.resolve(sample + PICKLE);
        if (Files.isRegularFile(pickle)) {
            throw new IOException(pickle + ": a Python pickle may run any program and is not read; convert it where it was made: "
                    + "x = torch.load('" + sample + PICKLE + "'); numpy.save('" + sample + NPY + "', x['representations'][33].float().numpy())");
        }
        throw new IOException(folder.resolve(sample + NPY) + ": there is no such file, nor " + sample + SAFETENSORS + " or " + sample + NPZ
                + "; compute the embeddings of sample " + sample + " first");
    }

    /** The first file of a folder by name. */
    static EmbeddingFile first(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Optional<Path> first = files.filter(file -> Stream.of(NPY, NPZ, SAFETENSORS).anyMatch(file.toString()::endsWith)).sorted().findFirst();
            return new EmbeddingFile(first.orElseThrow(
                    () -> new IOException(folder + ": no file of embeddings (" + NPY + ", " + NPZ + " or " + SAFETENSORS + ") is in this folder")));
        }
    }

    int width() throws IOException {
        if (isNpy()) {
            return matrix(NpyFile.read(path), "the array").dim(1);
        }
        Map<String, StoredArray> arrays = arrays();
        String name = arrays.containsKey(WHOLE) ? WHOLE
                : arrays.keySet().stream().findFirst().orElseThrow(() -> new IOException(path + ": there is no array in it"));
        return matrix(arrays.get(name), "array '" + name + "'").dim(1);
    }

    /** [T, width] */
    float[] read(List<ResidueId> residues, int width) throws IOException {
        float[] values = new float[Math.multiplyExact(residues.size(), width)];
        if (isNpy()) {
            store(NpyFile.read(path), "the array", residues.size(), width, values, 0);
            return values;
        }
        Map<String, StoredArray> arrays = arrays();
        int at = 0;
        for (Block block : arrays.containsKey(WHOLE) ? List.of(new Block(WHOLE, residues.size())) : chains(residues)) {
            if (!arrays.containsKey(block.name)) {
                throw new IOException(path + ": there is neither an array '" + WHOLE + "' nor one for chain '" + block.name + "', but only " + arrays.keySet());
            }
            store(arrays.get(block.name), "array '" + block.name + "'", block.residues, width, values, at);
            at += block.residues * width;
        }
        return values;
    }

    /** The arrays of a file of several. */
    private Map<String, StoredArray> arrays() throws IOException {
        if (path.toString().endsWith(NPZ)) {
            return NpyFile.readAll(path);
        }
        SafetensorsFile file = SafetensorsFile.read(path);
        Map<String, StoredArray> arrays = new LinkedHashMap<>();
        for (String name : file.names()) {
            arrays.put(name, file.array(name));
        }
        return arrays;
    }

    private boolean isNpy() {
        return path.toString().endsWith(NPY);
    }

    private static List<Block> chains(List<ResidueId> residues) {
        Map<String, Integer> lengths = new LinkedHashMap<>();
        residues.forEach(id -> lengths.merge(id.chain(), 1, Integer::sum));
        return lengths.entrySet().stream().map(chain -> new Block(chain.getKey(), chain.getValue())).toList();
    }

    private Shape matrix(StoredArray array, String what) throws IOException {
        if (array.shape().rank() != 2 || !array.type().isFloating()) {
            throw new IOException(path + ": " + what + " is " + array.shape() + " of " + array.type()
                    + ", where a matrix [residues, width] of a floating type is expected");
        }
        return array.shape();
    }

    private void store(StoredArray array, String what, int rows, int width, float[] target, int at) throws IOException {
        Shape shape = matrix(array, what);
        if (shape.dim(0) != rows || shape.dim(1) != width) {
            String hint = shape.dim(0) == rows + END_TOKENS ? "; the two rows too many may be the model's start and end tokens, which must be cut off"
                    : shape.dim(0) != rows ? "; the embeddings must be of exactly the residues of the sample, including those without coordinates" : "";
            throw new IOException(path + ": " + what + " is " + shape + ", where [" + rows + "×" + width + "] is expected" + hint);
        }
        float[] values = array.floats();
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IOException(path + ": row " + i / width + ", column " + i % width + " of " + what + " is " + values[i]
                        + "; compute these embeddings again");
            }
        }
        System.arraycopy(values, 0, target, at, values.length);
    }
}
