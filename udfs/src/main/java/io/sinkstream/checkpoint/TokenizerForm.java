package io.sinkstream.checkpoint;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What Java has to see of a {@code tokenizer.json} before the native reader gets it. */
final class TokenizerForm {
    private final Path file;
    private final Optional<String> token;
    private final Set<String> seen = new HashSet<>();
    /** The token's id in each place that has it. */
    private final Map<String, Integer> ids = new HashMap<>();

    private JsonElement preTokenizer;
    private JsonElement normalizer;

    private TokenizerForm(Path file, Optional<String> token) {
        this.file = file;
        this.token = token;
    }

    /**
     * The native reader aborts the JVM on a decoder that is not sound JSON, as in a download that was cut off, where it
     * returns an error for all else; so Java looks first.
     *
     * @throws UserException if the file can be no tokenizer
     */
    static TokenizerForm check(Path file, byte[] bytes, Optional<String> token) {
        TokenizerForm form = new TokenizerForm(file, token);
        return StrictJson.read(file, file + ":", new ByteArrayInputStream(bytes), form::read);
    }

    /** The token's id, if the file has the token. */
    Optional<Integer> id() {
        return Optional.ofNullable(ids.getOrDefault("added_tokens", ids.get("model")));
    }

    /** What cuts a text before the model does. */
    Optional<JsonElement> preTokenizer() {
        return Optional.ofNullable(preTokenizer);
    }

    /** What changes a text first. */
    Optional<JsonElement> normalizer() {
        return Optional.ofNullable(normalizer);
    }

    private static JsonElement part(JsonReader json) throws IOException {
        try {
            return JsonParser.parseReader(json);
        } catch (JsonParseException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getMessage(), e);
        }
    }

    private TokenizerForm read(JsonReader json) throws IOException {
        StrictJson.expectObject(json, file + ":");
        json.beginObject();
        while (json.hasNext()) {
            String field = StrictJson.key(json, seen);
            switch (field) {
                case "pre_tokenizer" -> preTokenizer = part(json);
                case "normalizer" -> {
                    normalizer = part(json);
                    CharsmapForm.check(file, normalizer);
                }
                case "post_processor" -> TemplateForm.check(file, part(json));
                case "decoder" -> StrictJson.skipSound(json);
                case "model" -> model(json);
                case "added_tokens" -> added(json);
                default -> json.skipValue();
            }
        }
        json.endObject();
        if (!seen.contains("model")) {
            throw new UserException(
                    file + ": field \"model\" is missing; expected an object, as in every Hugging Face tokenizer.json");
        }
        return this;
    }

    private void model(JsonReader json) throws IOException {
        StrictJson.expectObject(json, file + ": field \"model\"");
        json.beginObject();
        while (json.hasNext()) {
            if (!json.nextName().equals("vocab") || token.isEmpty()) {
                json.skipValue();
            } else if (json.peek() == JsonToken.BEGIN_OBJECT) {
                byName(json);
            } else if (json.peek() == JsonToken.BEGIN_ARRAY) {
                byPlace(json);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
    }

    /** From tokens to ids. */
    private void byName(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            if (json.nextName().equals(token.orElseThrow()) && json.peek() == JsonToken.NUMBER) {
                ids.put("model", id(json));
            } else {
                json.skipValue();
            }
        }
        json.endObject();
    }

    /** Pairs of a token and its logarithmic probability, as a unigram model has them. */
    private void byPlace(JsonReader json) throws IOException {
        json.beginArray();
        for (int place = 0; json.hasNext(); place++) {
            if (json.peek() != JsonToken.BEGIN_ARRAY) {
                json.skipValue();
                continue;
            }
            json.beginArray();
            if (json.peek() == JsonToken.STRING && json.nextString().equals(token.orElseThrow())) {
                ids.put("model", place);
            }
            while (json.hasNext()) {
                json.skipValue();
            }
            json.endArray();
        }
        json.endArray();
    }

    private void added(JsonReader json) throws IOException {
        if (token.isEmpty() || json.peek() != JsonToken.BEGIN_ARRAY) {
            json.skipValue();
            return;
        }
        json.beginArray();
        while (json.hasNext()) {
            if (json.peek() == JsonToken.BEGIN_OBJECT) {
                addedToken(json);
            } else {
                json.skipValue();
            }
        }
        json.endArray();
    }

    private void addedToken(JsonReader json) throws IOException {
        Integer id = null;
        boolean isIt = false;
        json.beginObject();
        while (json.hasNext()) {
            String field = json.nextName();
            if (field.equals("id") && json.peek() == JsonToken.NUMBER) {
                id = id(json);
            } else if (field.equals("content") && json.peek() == JsonToken.STRING) {
                isIt = json.nextString().equals(token.orElseThrow());
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        if (isIt && id != null) {
            ids.put("added_tokens", id);
        }
    }

    private int id(JsonReader json) throws IOException {
        String digits = json.nextString();
        try {
            return Integer.parseInt(digits);
        } catch (NumberFormatException e) {
            throw new UserException(
                    file + ": the id of " + Shown.quoted(token.orElseThrow()) + " is " + Shown.plain(digits)
                            + "; expected a whole number of at most " + Integer.MAX_VALUE,
                    e);
        }
    }
}
