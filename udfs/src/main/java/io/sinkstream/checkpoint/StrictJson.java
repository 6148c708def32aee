package io.sinkstream.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * JSON by the letter of RFC 8259, in valid UTF-8, nested at most 64 deep, with no key twice: of two equal keys, two
 * readers may each believe another one.
 */
final class StrictJson {
    private static final int DEEPEST = 64;

    /** The BigDecimal of a literal of a million digits takes minutes; no real number is that long. */
    private static final int LONGEST_NUMBER = 100;

    /** How Gson's message starts for anything that it would take if it were lenient; it is for programmers. */
    private static final String LENIENT_ADVICE =
            "Use JsonReader.setStrictness(Strictness.LENIENT) to accept malformed JSON";

    private StrictJson() {}

    /** What reads a document; a UserException of its own passes through. */
    interface Body<T> {
        T read(JsonReader json) throws IOException;
    }

    /**
     * Reads one document to its end.
     *
     * @param what how messages name the document: the file, or the file and a part of it
     */
    static <T> T read(Path file, String what, InputStream in, Body<T> body) {
        var decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        try {
            JsonReader json = new Nested(new InputStreamReader(in, decoder));
            json.setStrictness(Strictness.STRICT);
            T result = body.read(json);
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new UserException(what + " goes on after its JSON ended; expected one JSON object");
            }
            return result;
        } catch (CharacterCodingException e) {
            throw new UserException(what + " is not valid UTF-8; the file is damaged", e);
        } catch (MalformedJsonException | EOFException e) {
            throw new UserException(
                    what + " is not valid JSON: " + Shown.firstLine(e).replace(LENIENT_ADVICE, "unexpected characters"),
                    e);
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        }
    }

    /** A whole file of at most {@code limit} bytes that must hold one object. */
    static JsonObject object(Path file, int limit) {
        return read(file, file + ":", new ByteArrayInputStream(bytes(file, limit)), json -> {
            expectObject(json, file + ":");
            return (JsonObject) element(json);
        });
    }

    /** The bytes of a file of at most {@code limit} bytes. */
    static byte[] bytes(Path file, int limit) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new UserException(
                        file + ": has " + Files.size(file) + " bytes; expected at most " + limit + " in such a file");
            }
            checkStart(file, bytes);
            return bytes;
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        }
    }

    private static void checkStart(Path file, byte[] bytes) {
        GitLfs.refusePointer(file, bytes);
        if (bytes.length == 0) {
            throw new UserException(file + ": is empty; expected JSON; download it again");
        }
        // Gson passes over it, no other reader of these files does.
        if (bytes.length >= 3 && (bytes[0] & 0xFF) == 0xEF && (bytes[1] & 0xFF) == 0xBB && (bytes[2] & 0xFF) == 0xBF) {
            throw new UserException(file + ": starts with a byte order mark; expected JSON in UTF-8 without one");
        }
    }

    static void expectObject(JsonReader json, String what) throws IOException {
        JsonToken found = json.peek();
        if (found != JsonToken.BEGIN_OBJECT) {
            throw new UserException(what + " is " + described(found) + "; expected an object");
        }
    }

    /** The next key, not seen before in this object. */
    static String key(JsonReader json, Set<String> seen) throws IOException {
        String key = json.nextName();
        if (!seen.add(key)) {
            throw new MalformedJsonException("key " + Shown.quoted(key) + " stands there twice");
        }
        return key;
    }

    /** Passes over a value that every other reader takes too: no half surrogate pairs, no numbers beyond a double. */
    static void skipSound(JsonReader json) throws IOException {
        switch (json.peek()) {
            case BEGIN_OBJECT -> {
                Set<String> seen = new HashSet<>();
                json.beginObject();
                while (json.hasNext()) {
                    checkPairs(key(json, seen), json);
                    skipSound(json);
                }
                json.endObject();
            }
            case BEGIN_ARRAY -> {
                json.beginArray();
                while (json.hasNext()) {
                    skipSound(json);
                }
                json.endArray();
            }
            case STRING -> checkPairs(json.nextString(), json);
            case NUMBER -> {
                String digits = json.nextString();
                if (!Double.isFinite(Double.parseDouble(digits))) {
                    throw new MalformedJsonException(
                            "number " + digits + " out of range at path " + Shown.plain(json.getPath()));
                }
            }
            default -> json.skipValue();
        }
    }

    private static void checkPairs(String text, JsonReader json) throws MalformedJsonException {
        if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new MalformedJsonException("half a surrogate pair at path " + Shown.plain(json.getPath()));
        }
    }

    /** The kind of a value, as messages call it. */
    static String described(JsonToken token) {
        return switch (token) {
            case BEGIN_ARRAY -> "a list";
            case BEGIN_OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case NULL -> "null";
            default -> "nothing";
        };
    }

    private static JsonElement element(JsonReader json) throws IOException {
        switch (json.peek()) {
            case BEGIN_OBJECT -> {
                JsonObject object = new JsonObject();
                Set<String> seen = new HashSet<>();
                json.beginObject();
                while (json.hasNext()) {
                    object.add(key(json, seen), element(json));
                }
                json.endObject();
                return object;
            }
            case BEGIN_ARRAY -> {
                JsonArray array = new JsonArray();
                json.beginArray();
                while (json.hasNext()) {
                    array.add(element(json));
                }
                json.endArray();
                return array;
            }
            case NUMBER -> {
                String path = json.getPath();
                String digits = json.nextString();
                if (digits.length() > LONGEST_NUMBER) {
                    throw new MalformedJsonException(
                            "a number of " + digits.length() + " characters at path " + Shown.plain(path));
                }
                return new JsonPrimitive(number(digits, path));
            }
            case STRING -> {
                return new JsonPrimitive(json.nextString());
            }
            case BOOLEAN -> {
                return new JsonPrimitive(json.nextBoolean());
            }
            default -> {
                json.nextNull();
                return JsonNull.INSTANCE;
            }
        }
    }

    private static BigDecimal number(String digits, String path) throws MalformedJsonException {
        try {
            return new BigDecimal(digits);
        } catch (NumberFormatException e) {
            // JSON allows any exponent, BigDecimal those of 32 bits.
            throw new MalformedJsonException("number " + digits + " out of range at path " + Shown.plain(path), e);
        }
    }

    /** Counts how deep it is. JsonReader itself does since 2.12, and Spark 4.0's is 2.11. */
    private static final class Nested extends JsonReader {
        private int depth;

        Nested(Reader in) {
            super(in);
        }

        @Override
        public void beginObject() throws IOException {
            super.beginObject();
            deeper();
        }

        @Override
        public void beginArray() throws IOException {
            super.beginArray();
            deeper();
        }

        @Override
        public void endObject() throws IOException {
            super.endObject();
            depth--;
        }

        @Override
        public void endArray() throws IOException {
            super.endArray();
            depth--;
        }

        private void deeper() throws MalformedJsonException {
            depth++;
            if (depth > DEEPEST) {
                throw new MalformedJsonException("Nesting limit " + DEEPEST + " reached");
            }
        }
    }
}
