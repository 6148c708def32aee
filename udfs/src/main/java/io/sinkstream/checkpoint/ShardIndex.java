package io.sinkstream.checkpoint;

import com.google.gson.stream.JsonToken;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * {@code model.safetensors.index.json}: which file of the folder holds which tensor.
 *
 * @param shards file names by tensor name, in the file's order; each a plain name, so that none leads out of the folder
 */
record ShardIndex(Map<String, String> shards) {
    /** A million tensors. */
    private static final int LARGEST = 128 << 20;

    private static final String WEIGHT_MAP = "weight_map";

    ShardIndex {
        shards = Collections.unmodifiableMap(new LinkedHashMap<>(shards));
    }

    static ShardIndex read(Path file) {
        byte[] bytes = StrictJson.bytes(file, LARGEST);
        Map<String, String> shards = new LinkedHashMap<>();
        StrictJson.read(file, file + ":", new ByteArrayInputStream(bytes), json -> {
            StrictJson.expectObject(json, file + ":");
            Set<String> fields = new HashSet<>();
            json.beginObject();
            while (json.hasNext()) {
                if (!StrictJson.key(json, fields).equals(WEIGHT_MAP)) {
                    json.skipValue();
                    continue;
                }
                StrictJson.expectObject(json, file + ": field \"" + WEIGHT_MAP + "\"");
                Set<String> seen = new HashSet<>();
                json.beginObject();
                while (json.hasNext()) {
                    String tensor = StrictJson.key(json, seen);
                    String place = file + ": field " + Shown.quoted(WEIGHT_MAP + "." + tensor);
                    JsonToken found = json.peek();
                    if (found != JsonToken.STRING) {
                        throw new UserException(
                                place + " is " + StrictJson.described(found) + "; expected the name of a file");
                    }
                    shards.put(tensor, plainName(json.nextString(), place));
                }
                json.endObject();
            }
            json.endObject();
            return shards;
        });
        if (shards.isEmpty()) {
            throw new UserException(file + ": field \"" + WEIGHT_MAP
                    + "\" is missing or empty; expected an object from tensor names to file names");
        }
        return new ShardIndex(shards);
    }

    private static String plainName(String name, String place) {
        boolean plain = !name.isBlank()
                && !name.equals(".")
                && !name.equals("..")
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || Character.isISOControl(c));
        if (!plain) {
            throw new UserException(place + " is " + Shown.quoted(name)
                    + "; expected the plain name of a file in the same folder, without a path");
        }
        return name;
    }
}
