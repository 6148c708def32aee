package io.sinkstream.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates that use what published ones use, against what transformers makes of them; README.md beside them says how. */
class TemplateTest {
    static Stream<JsonObject> cases() throws IOException {
        return JsonParser.parseString(resource("cases.json")).getAsJsonArray().asList().stream()
                .map(JsonElement::getAsJsonObject);
    }

    static Stream<JsonObject> rendered() throws IOException {
        return cases().filter(one -> one.has("expected"));
    }

    static Stream<JsonObject> refused() throws IOException {
        return cases().filter(one -> one.has("error"));
    }

    @ParameterizedTest
    @MethodSource("rendered")
    void rendersAsTransformersDoes(JsonObject one) throws IOException {
        assertThat(render(one)).isEqualTo(one.get("expected").getAsString());
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWhatTransformersRefuses(JsonObject one) {
        assertThatThrownBy(() -> render(one)).isInstanceOf(TemplateException.class);
    }

    private static String render(JsonObject one) throws IOException {
        String text = one.has("text")
                ? one.get("text").getAsString()
                : resource("templates/" + one.get("template").getAsString() + ".jinja");
        LocalDateTime now =
                one.has("now") ? LocalDateTime.parse(one.get("now").getAsString()) : LocalDateTime.MIN.withYear(2000);
        Map<String, Object> given = new LinkedHashMap<>();
        one.getAsJsonObject("given").entrySet().forEach(entry -> given.put(entry.getKey(), value(entry.getValue())));
        return Template.of(text).render(given, Clock.fixed(now.toInstant(ZoneOffset.UTC), ZoneOffset.UTC));
    }

    private static Object value(JsonElement json) {
        if (json.isJsonNull()) {
            return null;
        }
        if (json.isJsonArray()) {
            List<Object> list = new ArrayList<>();
            json.getAsJsonArray().forEach(item -> list.add(value(item)));
            return list;
        }
        if (json.isJsonObject()) {
            Map<Object, Object> dict = new LinkedHashMap<>();
            json.getAsJsonObject().entrySet().forEach(entry -> dict.put(entry.getKey(), value(entry.getValue())));
            return dict;
        }
        if (json.getAsJsonPrimitive().isBoolean()) {
            return json.getAsBoolean();
        }
        if (json.getAsJsonPrimitive().isString()) {
            return json.getAsString();
        }
        String number = json.getAsString();
        return number.matches("-?[0-9]+") ? (Object) Long.valueOf(number) : (Object) Double.valueOf(number);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = TemplateTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
