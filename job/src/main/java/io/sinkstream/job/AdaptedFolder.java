package io.sinkstream.job;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The local folder that {@code adapt} writes, and in it, beside the model and its calibration, how the model is trained: by that a
 * run knows a model that it began itself.
 */
record AdaptedFolder(Path folder) {
    private static final String SETTINGS = "adapt.json";

    static AdaptedFolder of(String output) {
        return new AdaptedFolder(
                Path.of(new org.apache.hadoop.fs.Path(output).toUri().getPath()));
    }

    /** Whether there is a file of this name. */
    boolean has(String name) {
        return Files.exists(folder.resolve(name));
    }

    /** How the model is trained; empty if nothing was begun. */
    Optional<Map<String, String>> settings() {
        if (!has(SETTINGS)) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(new GsonBuilder()
                    .create()
                    .fromJson(
                            Files.readString(folder.resolve(SETTINGS)),
                            new TypeToken<LinkedHashMap<String, String>>() {}.getType()));
        } catch (IOException | JsonParseException e) {
            throw new UserException(
                    folder.resolve(SETTINGS) + ": is broken: " + e.getMessage() + "; write somewhere else", e);
        }
    }

    /** Writes how the model is going to be trained. */
    void begin(Map<String, String> settings) {
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    folder.resolve(SETTINGS),
                    new GsonBuilder()
                                    .setPrettyPrinting()
                                    .disableHtmlEscaping()
                                    .create()
                                    .toJson(settings) + "\n");
        } catch (IOException e) {
            throw new UserException(Settings.OUTPUT + ": " + folder + " can't be used: " + e.getMessage(), e);
        }
    }
}
