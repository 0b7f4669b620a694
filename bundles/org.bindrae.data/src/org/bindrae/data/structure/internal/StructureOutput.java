package org.bindrae.data.structure.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

import org.bindrae.data.Ligand;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureException;
import org.bindrae.data.StructureWriter;
import org.bindrae.tensor.io.AtomicFiles;

/** From a structure to a file. */
public final class StructureOutput {
    private StructureOutput() {
    }

    /** @see StructureWriter#write */
    public static List<String> write(Path file, Structure structure, StructureWriter.Coordinates coordinates, Ligand ligand) throws IOException {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        boolean packed = name.endsWith(".gz");
        String plain = packed ? name.substring(0, name.length() - 3) : name;
        OutputModel model = OutputModel.of(structure, coordinates, ligand);
        String text;
        if (plain.endsWith(".pdb") || plain.endsWith(".ent")) {
            text = PdbWriter.write(file, model);
        } else if (plain.endsWith(".cif") || plain.endsWith(".mmcif")) {
            text = CifWriter.write(structure.name(), model);
        } else {
            throw new StructureException(file, "has no ending that says the format to write; use .pdb or .cif, with or without .gz");
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        AtomicFiles.write(file, out -> {
            if (packed) {
                GZIPOutputStream zip = new GZIPOutputStream(out);
                zip.write(bytes);
                zip.finish();
            } else {
                out.write(bytes);
            }
        });
        return model.notes();
    }
}
