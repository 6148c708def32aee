package io.sinkstream.family;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of the golden numbers' own, and its config with other values. */
abstract class ConfigTrial {
    /** A query sees 33 keys. */
    static final SinkWindow RULE = new SinkWindow(4, 28);

    @TempDir
    Path folder;

    DecoderSpec spec() {
        return Families.spec(Checkpoint.open(folder), RULE);
    }

    void assertRefused(String field, String message) {
        assertThatThrownBy(this::spec)
                .isInstanceOf(UserException.class)
                .hasMessage(folder.resolve("config.json") + ": field \"" + field + "\" " + message);
    }

    JsonObject config() {
        try {
            return JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void remove(String field) {
        set(field, "absent");
    }

    /** Sets a field, or one of an object's behind a dot, to a JSON value, or takes it away. */
    void set(String field, String value) {
        JsonObject config = config();
        List<String> path = new ArrayList<>(List.of(field.split("\\.")));
        String last = path.remove(path.size() - 1);
        JsonElement at = config;
        for (String name : path) {
            at = at.getAsJsonObject().get(name);
        }
        if (value.equals("absent")) {
            at.getAsJsonObject().remove(last);
        } else {
            at.getAsJsonObject().add(last, JsonParser.parseString(value));
        }
        try {
            Files.writeString(folder.resolve("config.json"), config.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
