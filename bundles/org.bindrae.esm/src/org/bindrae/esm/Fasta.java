package org.bindrae.esm;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sequences in a FASTA file: {@code >} with a name, then lines of letters. */
public final class Fasta {
    private Fasta() {
    }

    /**
     * The sequences by name, which is the first word after {@code >}, in the order of the file.
     *
     * @throws IOException naming the file and the line that cannot be used
     */
    public static Map<String, String> read(Path file) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (MalformedInputException e) {
            throw new IOException(file + ": is no text, so no FASTA file", e);
        }
        Map<String, StringBuilder> sequences = new LinkedHashMap<>();
        StringBuilder current = null;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.startsWith(">")) {
                current = new StringBuilder();
                String name = line.substring(1).strip().split("\\s+")[0];
                if (name.isEmpty() || sequences.put(name, current) != null) {
                    throw new IOException(file + ": line " + (i + 1) + ": " + (name.isEmpty() ? "a sequence without a name" : "a second sequence " + name));
                }
            } else if (current != null) {
                current.append(line);
            } else if (!line.isEmpty()) {
                throw new IOException(file + ": line " + (i + 1) + ": a FASTA file begins with > and a name");
            }
        }
        Map<String, String> result = new LinkedHashMap<>();
        for (Map.Entry<String, StringBuilder> entry : sequences.entrySet()) {
            if (entry.getValue().isEmpty()) {
                throw new IOException(file + ": the sequence " + entry.getKey() + " has no residues");
            }
            result.put(entry.getKey(), entry.getValue().toString());
        }
        return result;
    }
}
