package io.sinkstream.checkpoint;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.sinkstream.settings.UserException;
import java.nio.file.Path;

/**
 * What Java has to see of a {@code post_processor}: a template that names a token which it does not define, or a second text where
 * there is one, is taken by the native reader, which aborts the JVM when the first text is read.
 */
final class TemplateForm {
    private static final String FIELD = ": field \"post_processor\": ";

    private final Path file;

    private TemplateForm(Path file) {
        this.file = file;
    }

    /** Throws UserException if a template of it can't be filled. What is no template is left to the native reader. */
    static void check(Path file, JsonElement processor) {
        new TemplateForm(file).check(processor);
    }

    private void check(JsonElement processor) {
        if (!processor.isJsonObject()) {
            return;
        }
        JsonObject fields = processor.getAsJsonObject();
        JsonElement inner = fields.get("processors");
        if (inner != null && inner.isJsonArray()) {
            inner.getAsJsonArray().forEach(this::check);
        }
        for (String template : new String[] {"single", "pair"}) {
            JsonElement pieces = fields.get(template);
            if (pieces != null && pieces.isJsonArray()) {
                JsonElement tokens = fields.get("special_tokens");
                pieces.getAsJsonArray().forEach(piece -> check(template, piece, tokens));
            }
        }
    }

    private void check(String template, JsonElement piece, JsonElement tokens) {
        String token = id(piece, "SpecialToken");
        if (token != null
                && tokens != null
                && tokens.isJsonObject()
                && !tokens.getAsJsonObject().has(token)) {
            throw new UserException(file + FIELD + template + " has the token " + Shown.quoted(token)
                    + "; expected one of its special_tokens");
        }
        if (template.equals("single") && "B".equals(id(piece, "Sequence"))) {
            throw new UserException(file + FIELD + "single has a second text, B; expected A alone");
        }
    }

    /** The id of a piece of this kind; null if it is of another or has none. */
    private static String id(JsonElement piece, String kind) {
        if (!piece.isJsonObject() || !piece.getAsJsonObject().has(kind)) {
            return null;
        }
        JsonElement body = piece.getAsJsonObject().get(kind);
        JsonElement id = body.isJsonObject() ? body.getAsJsonObject().get("id") : null;
        return id != null && id.isJsonPrimitive() ? id.getAsString() : null;
    }
}
