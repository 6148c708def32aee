package io.sinkstream.train;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The text that Hugging Face's trainer was given, and what it made: see the README beside them. */
final class SampleText {
    private SampleText() {}

    /** Each with its line feed. */
    static List<String> lines() {
        return Arrays.stream(resource("text.txt").split("(?<=\n)")).toList();
    }

    static Map<String, Long> counts() {
        WordCounter counter = new WordCounter();
        lines().forEach(counter::add);
        return counter.counts();
    }

    static JsonObject expected() {
        return JsonParser.parseString(resource("tokenizer.json")).getAsJsonObject();
    }

    private static String resource(String name) {
        try (InputStream in = SampleText.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
