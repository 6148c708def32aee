package io.sinkstream.checkpoint;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.settings.UserException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Whether a blank is put in front of a text, where {@code tokenizer_config.json} has a word in it. transformers 4.57's fast tokenizers
 * set it in a pre-tokenizer of bytes that stands alone, false where nothing is said, and in no other. Llama's makes itself anew from
 * its slow form where it is said.
 *
 * @param isAdded whether there is to be one
 * @param isFromSlow whether only {@code tokenizer.json} that agrees can be taken
 * @param said where that is said, as messages name it
 */
record PrefixSpace(boolean isAdded, boolean isFromSlow, String said) {
    private static final String FIELD = "add_prefix_space";
    private static final String LLAMA = "LlamaTokenizer";
    private static final String TYPE = "type";
    private static final String BYTES = "ByteLevel";

    /** What the config says for a tokenizer of this class; empty if {@code tokenizer.json} stands for itself. */
    static Optional<PrefixSpace> of(ModelConfig config, String className) {
        boolean isLlama = className.equals(LLAMA);
        return config.isNull(FIELD) || (isLlama && !config.has(FIELD))
                ? Optional.empty()
                : Optional.of(new PrefixSpace(config.optBoolean(FIELD, false), isLlama, config.found(FIELD)));
    }

    /**
     * The tokenizer as transformers would have it: the same bytes if there is nothing to change.
     *
     * @throws UserException if it disagrees and only one that agrees can be taken
     */
    byte[] applied(Path file, byte[] json, TokenizerForm form) {
        Optional<JsonElement> bytes = form.preTokenizer().filter(PrefixSpace::isOfBytes);
        if (isFromSlow) {
            boolean isThere = form.preTokenizer().filter(PrefixSpace::adds).isPresent()
                    || form.normalizer().filter(PrefixSpace::adds).isPresent();
            if (isThere != isAdded) {
                throw new UserException(said + "; expected " + isThere + " or null, as " + file.getFileName()
                        + " has it: a tokenizer that is made anew from its slow form is not supported");
            }
            return json;
        }
        if (bytes.isEmpty() || adds(bytes.get()) == isAdded) {
            return json;
        }
        JsonObject root =
                JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
        root.getAsJsonObject("pre_tokenizer").addProperty(FIELD, isAdded);
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isOfBytes(JsonElement part) {
        return type(part).equals(BYTES);
    }

    private static String type(JsonElement part) {
        return part.isJsonObject() && part.getAsJsonObject().has(TYPE)
                ? part.getAsJsonObject().get(TYPE).getAsString()
                : "";
    }

    /** Whether a pre-tokenizer or a normalizer puts one there. */
    private static boolean adds(JsonElement part) {
        JsonObject fields = part.isJsonObject() ? part.getAsJsonObject() : new JsonObject();
        return switch (type(part)) {
            case BYTES -> !fields.has(FIELD) || fields.get(FIELD).getAsBoolean();
            case "Metaspace" ->
                fields.has(FIELD)
                        ? fields.get(FIELD).getAsBoolean()
                        : !fields.has("prepend_scheme")
                                || !fields.get("prepend_scheme").getAsString().equals("never");
            case "Prepend" -> true;
            case "Sequence" ->
                fields.entrySet().stream()
                        .filter(entry -> entry.getValue().isJsonArray())
                        .flatMap(entry -> StreamSupport.stream(
                                entry.getValue().getAsJsonArray().spliterator(), false))
                        .anyMatch(PrefixSpace::adds);
            default -> false;
        };
    }
}
