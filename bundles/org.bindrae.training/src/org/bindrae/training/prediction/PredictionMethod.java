package org.bindrae.training.prediction;

import java.io.IOException;
import java.util.List;

import org.bindrae.data.Sample;
import org.osgi.annotation.versioning.ConsumerType;

/** Anything that predicts the atoms of samples: the network, a baseline, the files of another program. */
@ConsumerType
public interface PredictionMethod {
    /** For people, unique among the methods of an evaluation. */
    String name();

    /**
     * Predicts structures.
     *
     * @return one for each sample, in order; what could not be predicted is marked in it
     * @throws IOException if files that it needs cannot be used
     */
    List<Prediction> predict(List<Sample> samples) throws IOException;

    /** What a reader of the results should know, one sentence each; asked after the last prediction. */
    default List<String> notes() {
        return List.of();
    }
}
