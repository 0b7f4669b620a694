package org.bindrae.update.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.tensor.io.EditLock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * The sites that the user named, in a JSON file of the installation.
 *
 * @param file need not exist
 */
record Sites(Path file) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** In the order in which they were named. */
    List<Site> all() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return JSON.readValue(Files.readString(file), new TypeReference<List<Site>>() {
            });
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": is no list of sites: " + e.getOriginalMessage() + "; delete it and name the sites anew", e);
        }
    }

    Optional<Site> at(String location) throws IOException {
        return all().stream().filter(site -> site.location().equals(location)).findFirst();
    }

    /** Adds a site, or replaces the one at its location. */
    void put(Site site) throws IOException {
        try (EditLock _ = lock()) {
            List<Site> sites = new ArrayList<>(all());
            int at = sites.stream().map(Site::location).toList().indexOf(site.location());
            if (at < 0) {
                sites.add(site);
            } else {
                sites.set(at, site);
            }
            write(sites);
        }
    }

    /** Removes a site, and says whether it was there. */
    boolean remove(String location) throws IOException {
        try (EditLock _ = lock()) {
            List<Site> sites = new ArrayList<>(all());
            boolean there = sites.removeIf(site -> site.location().equals(location));
            if (there) {
                write(sites);
            }
            return there;
        }
    }

    private EditLock lock() throws IOException {
        Files.createDirectories(file.getParent());
        return EditLock.of(file);
    }

    private void write(List<Site> sites) throws IOException {
        AtomicFiles.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(sites));
    }
}
