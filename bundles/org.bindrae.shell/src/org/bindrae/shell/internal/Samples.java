package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.bindrae.data.ProgressListener;
import org.bindrae.data.Sample;
import org.bindrae.data.SampleCache;
import org.bindrae.shell.CommandFailure;

/** Reads folders of prepared samples for commands. */
final class Samples {
    private Samples() {
    }

    /** A folder that must exist and hold samples. */
    static SampleCache open(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new CommandFailure(CommandFailure.FAILED, folder + ": no such folder; prepared samples are made with: prepare DATA --out " + folder);
        }
        SampleCache cache = new SampleCache(folder);
        if (cache.ids().isEmpty()) {
            throw new CommandFailure(CommandFailure.FAILED, folder + ": no prepared samples here; make them with: prepare DATA --out " + folder);
        }
        return cache;
    }

    static List<Sample> read(SampleCache cache, List<String> ids, ProgressListener listener) throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (String id : ids) {
            if (!Files.exists(cache.file(id))) {
                throw new CommandFailure(CommandFailure.FAILED,
                        cache.folder() + ": no prepared sample " + id + ", which the split names; prepare the data again");
            }
            samples.add(cache.read(id));
            listener.progress(samples.size(), ids.size(), "samples", "");
        }
        return samples;
    }
}
