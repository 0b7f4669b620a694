package org.bindrae.training.models;

import java.util.List;
import java.util.Optional;

/**
 * The choice among the models that are installed.
 *
 * @param ranked highest ranking first
 */
public record PretrainedModels(List<PretrainedModel> ranked) {
    public PretrainedModels {
        ranked = List.copyOf(ranked);
    }

    /** The one that predicts where nothing else is named. */
    public Optional<PretrainedModel> first() {
        return ranked.stream().findFirst();
    }

    public Optional<PretrainedModel> named(String name) {
        return ranked.stream().filter(model -> model.name().equals(name)).findFirst();
    }

    public List<String> names() {
        return ranked.stream().map(PretrainedModel::name).toList();
    }
}
