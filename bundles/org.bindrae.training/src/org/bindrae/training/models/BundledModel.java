package org.bindrae.training.models;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

import org.bindrae.stage1.Stage1Weights;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/**
 * The model in a bundle that holds {@value #WEIGHTS}, {@value #CARD} and the description of one component, which names this class and gives the properties
 * {@value #NAME}, {@value #TITLE} and {@value #DESCRIPTION}. The weights are what {@code export} writes.
 */
public final class BundledModel implements PretrainedModel {
    private static final String WEIGHTS = "model.safetensors";
    private static final String CARD = "model-card.md";
    private static final String NAME = "model.name";
    private static final String TITLE = "model.title";
    private static final String DESCRIPTION = "model.description";

    private final Bundle bundle;
    private final String name;
    private final String title;
    private final String description;

    /**
     * Called by Declarative Services.
     *
     * @param context of the bundle with the files
     * @param properties of the component
     * @throws IllegalArgumentException when a property is missing, which the message names
     */
    public BundledModel(BundleContext context, Map<String, Object> properties) {
        bundle = context.getBundle();
        name = property(properties, NAME);
        title = property(properties, TITLE);
        description = property(properties, DESCRIPTION);
    }

    private String property(Map<String, Object> properties, String key) {
        if (properties.get(key) instanceof String text && !text.isBlank()) {
            return text;
        }
        throw new IllegalArgumentException("the model's component in bundle " + bundle.getSymbolicName() + " lacks the property " + key);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public String card() throws IOException {
        return new String(content(CARD), StandardCharsets.UTF_8);
    }

    @Override
    public Stage1Weights weights() throws IOException {
        return Stage1Weights.of(Path.of(bundle.getSymbolicName(), WEIGHTS), content(WEIGHTS));
    }

    private byte[] content(String file) throws IOException {
        URL url = bundle.getEntry(file);
        if (url == null) {
            throw new NoSuchFileException(file, null, "not in bundle " + bundle.getSymbolicName());
        }
        try (InputStream in = url.openStream()) {
            return in.readAllBytes();
        }
    }
}
