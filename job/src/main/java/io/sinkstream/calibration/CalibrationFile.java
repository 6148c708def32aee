package io.sinkstream.calibration;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.settings.OddBy;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A calibration as a JSON object: its terms as they are, its sketches as DataSketches writes them, in Base64. */
final class CalibrationFile {
    private static final int VERSION = 1;

    /** A file that is none. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private CalibrationFile() {}

    static String text(Calibration calibration) {
        CalibrationTerms terms = calibration.terms();
        JsonObject file = new JsonObject();
        file.addProperty("calibration", VERSION);
        file.addProperty("model", terms.model());
        file.addProperty("sinks", terms.sinks());
        file.addProperty("window", terms.window());
        file.addProperty("separator", terms.separator());
        file.addProperty("odd_by", terms.by().name().toLowerCase(Locale.ROOT));
        file.addProperty("kind", terms.kind());
        JsonObject kinds = new JsonObject();
        calibration.kinds().forEach((kind, rows) -> {
            JsonObject entry = new JsonObject();
            entry.addProperty("rows", rows.count());
            entry.addProperty("sketch", Base64.getEncoder().encodeToString(rows.bytes()));
            kinds.add(kind, entry);
        });
        file.add("kinds", kinds);
        return file + "\n";
    }

    /** Whatever a broken file makes gson, Base64 or the sketch throw, assertions among it, the file is at fault. */
    static Calibration parse(String text) throws Malformed {
        try {
            JsonObject file = JsonParser.parseString(text).getAsJsonObject();
            int version = field(file, "calibration").getAsInt();
            if (version != VERSION) {
                throw new IllegalArgumentException("its version is " + version + ", and " + VERSION + " is known");
            }
            CalibrationTerms terms = new CalibrationTerms(
                    field(file, "model").getAsString(),
                    field(file, "sinks").getAsInt(),
                    field(file, "window").getAsInt(),
                    string(file, "separator"),
                    OddBy.valueOf(field(file, "odd_by").getAsString().toUpperCase(Locale.ROOT)),
                    string(file, "kind"));
            Map<String, OrdinaryRows> kinds = new TreeMap<>();
            for (Map.Entry<String, JsonElement> kind :
                    field(file, "kinds").getAsJsonObject().entrySet()) {
                JsonObject entry = kind.getValue().getAsJsonObject();
                OrdinaryRows rows = OrdinaryRows.of(
                        Base64.getDecoder().decode(field(entry, "sketch").getAsString()));
                if (rows.count() != field(entry, "rows").getAsLong()) {
                    throw new IllegalArgumentException("the sketch of kind \"" + kind.getKey() + "\" is of "
                            + rows.count() + " rows and not of " + entry.get("rows"));
                }
                kinds.put(kind.getKey(), rows);
            }
            return new Calibration(terms, kinds);
        } catch (RuntimeException | AssertionError e) {
            String message = String.valueOf(e.getMessage());
            throw new Malformed(message.lines().findFirst().orElse(""), e);
        }
    }

    private static JsonElement field(JsonObject object, String name) {
        JsonElement value = object.get(name);
        if (value == null || value.isJsonNull()) {
            throw new IllegalArgumentException("it has no field \"" + name + "\"");
        }
        return value;
    }

    /** Null where nothing is given. */
    private static String string(JsonObject object, String name) {
        JsonElement value = object.get(name);
        return value == null || value.isJsonNull() ? null : value.getAsString();
    }
}
