package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.ProgressListener;
import org.bindrae.data.Sample;
import org.bindrae.data.SampleSource;
import org.bindrae.shell.CommandFailure;

/** Reads prepared samples, of a folder or a packed file, for commands. */
final class Samples {
    private Samples() {
    }

    /** A folder or file that must exist and hold samples. */
    static SampleSource open(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new CommandFailure(CommandFailure.FAILED, path + ": no such folder or file; prepared samples are made with: prepare DATA --out " + path);
        }
        SampleSource source = SampleSource.open(path);
        if (source.ids().isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, path + ": no prepared samples here; make them with: prepare DATA --out " + path);
        }
        return source;
    }

    static List<Sample> read(SampleSource source, List<String> ids, ProgressListener listener) throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (String id : ids) {
            if (!source.has(id)) {
                throw new CommandFailure(CommandFailure.FAILED,
                        source.path() + ": no prepared sample " + id + ", which the split names; prepare the data again");
            }
            samples.add(source.read(id));
            listener.progress(samples.size(), ids.size(), "samples", "");
        }
        return samples;
    }
}
