package org.bindrae.shell;

/** What commands are about; {@code help} groups them by it. */
public enum Subject {
    DATA("Complexes and samples"), TRAINING("Training"), PREDICTION("Prediction and evaluation"), SETTINGS("Configuration and backends"), INSTALLATION(
            "Machine and installation");

    private final String title;

    Subject(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }
}
