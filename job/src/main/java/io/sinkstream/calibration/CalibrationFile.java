package io.sinkstream.calibration;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.StreamsBy;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A calibration as a JSON object: its terms as they are, its sketches as DataSketches writes them, in Base64. One that says nothing
 * of streams is of the first version, in which there was nothing else.
 */
final class CalibrationFile {
    private static final int ROWS_ALONE = 1;
    private static final int WITH_STREAMS = 2;

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
        file.addProperty("calibration", calibration.streams() == null ? ROWS_ALONE : WITH_STREAMS);
        file.addProperty("model", terms.model());
        file.addProperty("sinks", terms.sinks());
        file.addProperty("window", terms.window());
        file.addProperty("separator", terms.separator());
        file.addProperty("odd_by", terms.by().name().toLowerCase(Locale.ROOT));
        file.addProperty("kind", terms.kind());
        JsonObject kinds = new JsonObject();
        calibration.kinds().forEach((kind, rows) -> kinds.add(kind, written(rows)));
        file.add("kinds", kinds);
        if (calibration.streams() != null) {
            OrdinaryStreams known = calibration.streams();
            JsonObject streams = written(known.surprises());
            streams.addProperty("odd_by", known.rule().by().name().toLowerCase(Locale.ROOT));
            streams.addProperty("window", known.rule().window());
            file.add("streams", streams);
        }
        return file + "\n";
    }

    private static JsonObject written(OrdinaryRows rows) {
        JsonObject entry = new JsonObject();
        entry.addProperty("rows", rows.count());
        entry.addProperty("sketch", Base64.getEncoder().encodeToString(rows.bytes()));
        return entry;
    }

    private static OrdinaryRows rows(JsonObject entry, String of) {
        OrdinaryRows rows = OrdinaryRows.of(
                Base64.getDecoder().decode(field(entry, "sketch").getAsString()));
        if (rows.count() != field(entry, "rows").getAsLong()) {
            throw new IllegalArgumentException(
                    "the sketch of " + of + " is of " + rows.count() + " rows and not of " + entry.get("rows"));
        }
        return rows;
    }

    /** Whatever a broken file makes gson, Base64 or the sketch throw, assertions among it, the file is at fault. */
    static Calibration parse(String text) throws Malformed {
        try {
            JsonObject file = JsonParser.parseString(text).getAsJsonObject();
            int version = field(file, "calibration").getAsInt();
            if (version != ROWS_ALONE && version != WITH_STREAMS) {
                throw new IllegalArgumentException(
                        "its version is " + version + ", and " + ROWS_ALONE + " and " + WITH_STREAMS + " are known");
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
                kinds.put(kind.getKey(), rows(kind.getValue().getAsJsonObject(), "kind \"" + kind.getKey() + "\""));
            }
            return new Calibration(terms, kinds, version == ROWS_ALONE ? null : streams(file));
        } catch (RuntimeException | AssertionError e) {
            String message = String.valueOf(e.getMessage());
            throw new Malformed(message.lines().findFirst().orElse(""), e);
        }
    }

    private static OrdinaryStreams streams(JsonObject file) {
        JsonObject streams = field(file, "streams").getAsJsonObject();
        JsonElement window = streams.get("window");
        return new OrdinaryStreams(
                new StreamRule(
                        StreamsBy.valueOf(field(streams, "odd_by").getAsString().toUpperCase(Locale.ROOT)),
                        window == null || window.isJsonNull() ? null : (Integer) window.getAsInt()),
                rows(streams, "streams"));
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
