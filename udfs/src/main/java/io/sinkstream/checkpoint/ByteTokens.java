package io.sinkstream.checkpoint;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The tokens that stand for one byte where a decoder of Hugging Face's tokenizers falls back to bytes. It reads a run of them
 * as a whole: one byte more can turn the characters before it into U+FFFD.
 */
final class ByteTokens {
    private static final String DECODER = "\"ByteFallback\"";
    private static final Pattern NAME = Pattern.compile("<0x[0-9A-F]{2}>");

    private final Path file;
    private final Set<Integer> ids = new HashSet<>();

    private ByteTokens(Path file) {
        this.file = file;
    }

    /** Those of a {@code tokenizer.json} that was found to be one; none if its decoder does not fall back to bytes. */
    static Set<Integer> of(Path file, byte[] json) {
        if (!new String(json, StandardCharsets.ISO_8859_1).contains(DECODER)) {
            return Set.of();
        }
        ByteTokens tokens = new ByteTokens(file);
        return StrictJson.read(file, file + ":", new ByteArrayInputStream(json), tokens::read);
    }

    private Set<Integer> read(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            if (json.nextName().equals("model") && json.peek() == JsonToken.BEGIN_OBJECT) {
                model(json);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        return Set.copyOf(ids);
    }

    private void model(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            boolean isVocabulary = json.nextName().equals("vocab");
            if (isVocabulary && json.peek() == JsonToken.BEGIN_OBJECT) {
                byName(json);
            } else if (isVocabulary && json.peek() == JsonToken.BEGIN_ARRAY) {
                byPlace(json);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
    }

    private void byName(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (NAME.matcher(name).matches()) {
                // Hugging Face's have 32 bits without a sign.
                long id = json.nextLong();
                if (id > Integer.MAX_VALUE) {
                    throw new UserException(
                            file + ": the token " + name + " has the id " + id + ", which no vocabulary has");
                }
                ids.add((int) id);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
    }

    /** Pairs of a token and its logarithmic probability. */
    private void byPlace(JsonReader json) throws IOException {
        json.beginArray();
        for (int place = 0; json.hasNext(); place++) {
            json.beginArray();
            if (NAME.matcher(json.nextString()).matches()) {
                ids.add(place);
            }
            json.skipValue();
            json.endArray();
        }
        json.endArray();
    }
}
