package org.bindrae.training.models;

import java.io.IOException;

import org.bindrae.stage1.Stage1Weights;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A service: a trained network that is installed. The one of the highest {@code service.ranking} predicts where nothing else is named. A bundle needs no code for
 * one, see {@link BundledModel}.
 */
@ConsumerType
public interface PretrainedModel {
    /** A word by which command lines name it, unique among those installed. */
    String name();

    /** For people. */
    String title();

    /** What it is good for, one line. */
    String description();

    /**
     * The model card: data, split, training, figures, limits, licence.
     *
     * @return Markdown
     * @throws IOException naming what cannot be read
     */
    String card() throws IOException;

    /**
     * The network, read anew.
     *
     * @throws IOException naming what cannot be read or used
     */
    Stage1Weights weights() throws IOException;
}
