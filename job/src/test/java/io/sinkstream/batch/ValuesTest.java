package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
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

    @Test
    void ordersAreTheSameWhereSparkSortsThemToOnePlace() {
        assertThat(Orders.same(0.0, -0.0)).isTrue();
        assertThat(Orders.same(Double.NaN, Double.NaN)).isTrue();
        assertThat(Orders.same(0.0f, -0.0f)).isTrue();
        assertThat(Orders.same(1L, 2L)).isFalse();
        assertThat(Orders.same("a", "a")).isTrue();
        assertThat(Orders.same(new byte[] {1}, new byte[] {1})).isTrue();
        assertThat(Orders.same(1L, null)).isFalse();
        assertThat(Orders.text(new byte[] {1, -1})).isEqualTo("01ff");
    }
}
