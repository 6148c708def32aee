package io.sinkstream.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.sinkstream.settings.UserException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code config.json}, read by field. Every error is a {@link UserException} of one line that names the file, the field
 * and the value found. A field that is null counts as absent, as it does for Hugging Face's own readers.
 */
public final class ModelConfig {
    /** Real ones have a few kilobytes. */
    private static final int LARGEST = 16 << 20;

    private static final String TOKEN = "a token, as a string or an object with \"content\"";

    private final Path file;
    /** What stands before a field's name in messages: empty, or the enclosing field and a dot. */
    private final String path;

    private final JsonObject fields;
    /** Fields that somebody asked for. */
    private final Set<String> read = ConcurrentHashMap.newKeySet();

    private ModelConfig(Path file, String path, JsonObject fields) {
        this.file = file;
        this.path = path;
        this.fields = fields;
    }

    /** Reads a JSON file of at most 16 MiB whose top is an object. */
    static ModelConfig read(Path file) {
        return new ModelConfig(file, "", StrictJson.object(file, LARGEST));
    }

    /** {@code model_type}, which must be there. */
    public String modelType() {
        return optString("model_type").orElseThrow(() -> refused("model_type", "a string, such as \"llama\""));
    }

    /** A whole number that must be there, at least {@code least}. {@code 8.0} is one, {@code "8"} is not. */
    public int requireInt(String field, int least) {
        String allowed = "a whole number of at least " + least;
        if (!has(field)) {
            throw refused(field, allowed);
        }
        int value = wholeNumber(field, fields.get(field), allowed);
        if (value < least) {
            throw refused(field, allowed);
        }
        return value;
    }

    /** A whole number of 32 bits or the default where the field is absent or null. */
    public int optInt(String field, int fallback) {
        return has(field) ? wholeNumber(field, fields.get(field), "a whole number of 32 bits") : fallback;
    }

    /** A finite number, or empty where the field is absent or null. */
    public Optional<Double> optDouble(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        String allowed = "a finite number";
        double value = number(field, fields.get(field), allowed).doubleValue();
        if (!Double.isFinite(value)) {
            throw refused(field, allowed);
        }
        return Optional.of(value);
    }

    /** true or false, or the default where the field is absent or null. */
    public boolean optBoolean(String field, boolean fallback) {
        if (!has(field)) {
            return fallback;
        }
        JsonElement value = fields.get(field);
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            throw refused(field, "true or false");
        }
        return value.getAsBoolean();
    }

    /** A string, or empty where the field is absent or null. */
    public Optional<String> optString(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        JsonElement value = fields.get(field);
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw refused(field, "a string");
        }
        return Optional.of(value.getAsString());
    }

    /** Refuses a string other than {@code only}, which is also what an absent field means. */
    public void requireOnly(String field, String only) {
        if (!optString(field).orElse(only).equals(only)) {
            throw unsupported(field, only);
        }
    }

    /**
     * Refuses two names of one field that say different things: readers differ in which of them they believe.
     *
     * @param name the one that is read
     * @param other another name of the same
     */
    public void requireAgreed(String name, String other) {
        if (has(name) && has(other) && !fields.get(name).equals(fields.get(other))) {
            throw unsupported(
                    name,
                    "what \"" + path + other + "\", another name of it, says, "
                            + Shown.plain(fields.get(other).toString()));
        }
    }

    /** A nested object (its errors name {@code field.inner}), or empty where the field is absent or null. */
    public Optional<ModelConfig> optObject(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        if (!fields.get(field).isJsonObject()) {
            throw refused(field, "an object");
        }
        return Optional.of(new ModelConfig(file, path + field + ".", fields.getAsJsonObject(field)));
    }

    /** Whether the field is there and not null. */
    public boolean has(String field) {
        read.add(field);
        JsonElement value = fields.get(field);
        return value != null && !value.isJsonNull();
    }

    /** Whether the field is there and says null, which a few fields tell from absent. */
    public boolean isNull(String field) {
        JsonElement value = fields.get(field);
        return value != null && value.isJsonNull();
    }

    /** Whether the field is a string. */
    public boolean isString(String field) {
        return has(field)
                && fields.get(field).isJsonPrimitive()
                && fields.get(field).getAsJsonPrimitive().isString();
    }

    /** A list of strings, or empty where the field is absent or null. */
    public Optional<List<String>> optStrings(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        List<String> strings = new ArrayList<>();
        for (JsonElement item : list(field, "a list of strings")) {
            if (!item.isJsonPrimitive() || !item.getAsJsonPrimitive().isString()) {
                throw refused(field, "a list of strings");
            }
            strings.add(item.getAsString());
        }
        return Optional.of(strings);
    }

    /** A list of objects (their errors name {@code field[0].inner}), or empty where the field is absent or null. */
    Optional<List<ModelConfig>> optObjects(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        List<ModelConfig> objects = new ArrayList<>();
        for (JsonElement item : list(field, "a list of objects")) {
            if (!item.isJsonObject()) {
                throw refused(field, "a list of objects");
            }
            objects.add(new ModelConfig(file, path + field + "[" + objects.size() + "].", item.getAsJsonObject()));
        }
        return Optional.of(objects);
    }

    /** The text of a token, which is written as a string or as an object that has it; or empty where it is absent or null. */
    Optional<String> optToken(String field) {
        return has(field) ? Optional.of(token(field, fields.get(field), TOKEN)) : Optional.empty();
    }

    /** The texts of a list of tokens, or empty where the field is absent or null. */
    Optional<List<String>> optTokens(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        List<String> tokens = new ArrayList<>();
        list(field, "a list of tokens").forEach(item -> tokens.add(token(field, item, "a list of tokens")));
        return Optional.of(tokens);
    }

    private String token(String field, JsonElement token, String allowed) {
        JsonElement text = token.isJsonObject() ? token.getAsJsonObject().get("content") : token;
        if (text == null
                || !text.isJsonPrimitive()
                || !text.getAsJsonPrimitive().isString()) {
            throw refused(field, allowed);
        }
        return text.getAsString();
    }

    /** A list of finite numbers, or empty where the field is absent or null. */
    public Optional<List<Double>> optDoubles(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        List<Double> numbers = new ArrayList<>();
        for (JsonElement item : list(field, "a list of finite numbers")) {
            double value = number(field, item, "a list of finite numbers").doubleValue();
            if (!Double.isFinite(value)) {
                throw refused(field, "a list of finite numbers");
            }
            numbers.add(value);
        }
        return Optional.of(numbers);
    }

    private JsonArray list(String field, String allowed) {
        if (!fields.get(field).isJsonArray()) {
            throw refused(field, allowed);
        }
        return fields.getAsJsonArray(field);
    }

    /** Says that the field is known and means nothing here. */
    public void skip(String field) {
        read.add(field);
    }

    /** Whether somebody asked for the field, by any of the methods above. */
    public boolean wasRead(String field) {
        return read.contains(field);
    }

    /** Whether the field is absent, null, false, 0, 1 or empty: whatever it would change, it asks for no change. */
    public boolean isNeutral(String field) {
        JsonElement value = fields.get(field);
        if (value == null || value.isJsonNull()) {
            return true;
        }
        if (value.isJsonArray()) {
            return value.getAsJsonArray().isEmpty();
        }
        if (value.isJsonObject()) {
            return value.getAsJsonObject().isEmpty();
        }
        JsonPrimitive simple = value.getAsJsonPrimitive();
        if (simple.isBoolean()) {
            return !simple.getAsBoolean();
        }
        return simple.isNumber() && (simple.getAsDouble() == 0 || simple.getAsDouble() == 1);
    }

    /** The error for a field whose value is not supported: names the file, field, value found and {@code allowed}. */
    public RuntimeException unsupported(String field, String allowed) {
        return new UserException(found(field) + "; supported: " + allowed);
    }

    /** One token id or a list of them, in the file's order, or empty where the field is absent or null. */
    public Optional<Set<Integer>> optTokenIds(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        String allowed = "a token id or a list of token ids, whole numbers of at least 0";
        JsonElement value = fields.get(field);
        JsonArray ids = new JsonArray();
        if (value.isJsonArray()) {
            ids = value.getAsJsonArray();
        } else {
            ids.add(value);
        }
        Set<Integer> result = new LinkedHashSet<>();
        for (JsonElement id : ids) {
            int token = wholeNumber(field, id, allowed);
            if (token < 0) {
                throw refused(field, allowed);
            }
            result.add(token);
        }
        return Optional.of(Collections.unmodifiableSet(result));
    }

    /** A list of lists of token ids, or empty where the field is absent or null. */
    public Optional<List<List<Integer>>> optTokenLists(String field) {
        if (!has(field)) {
            return Optional.empty();
        }
        String allowed = "a list of lists of token ids, whole numbers of at least 0, none of them empty";
        List<List<Integer>> all = new ArrayList<>();
        for (JsonElement item : list(field, allowed)) {
            if (!item.isJsonArray() || item.getAsJsonArray().isEmpty()) {
                throw refused(field, allowed);
            }
            List<Integer> ids = new ArrayList<>();
            for (JsonElement id : item.getAsJsonArray()) {
                int token = wholeNumber(field, id, allowed);
                if (token < 0) {
                    throw refused(field, allowed);
                }
                ids.add(token);
            }
            all.add(ids);
        }
        return Optional.of(all);
    }

    private int wholeNumber(String field, JsonElement value, String allowed) {
        try {
            return number(field, value, allowed).intValueExact();
        } catch (ArithmeticException e) {
            throw refused(field, allowed);
        }
    }

    private BigDecimal number(String field, JsonElement value, String allowed) {
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
            throw refused(field, allowed);
        }
        return value.getAsBigDecimal();
    }

    private UserException refused(String field, String allowed) {
        return new UserException(found(field) + "; expected " + allowed);
    }

    /** How messages begin that say what stands there. */
    String found(String field) {
        String place = file + ": field \"" + path + field + "\" ";
        return has(field) ? place + "is " + Shown.plain(fields.get(field).toString()) : place + "is missing";
    }
}
