package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "Grüße",
                "世界",
                "\uD83D\uDE80",
                "a\uD83D",
                "\uDE80a",
                "\uD83D\uD83D\uDE80\uDE80",
                "\uFFFD\u0000"
            })
    void utf8LengthIsTheEncodings(String text) {
        assertThat(Utf8.length(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }
}
