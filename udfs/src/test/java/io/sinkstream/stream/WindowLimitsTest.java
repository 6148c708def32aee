package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sinks and windows that no memory holds, and those that are none, are told before a model is opened. */
class WindowLimitsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"4, 2147483647", "4, 100000000", "4, 1048577", "4, 0", "4, -1"})
    void aWindowOutOfBoundsIsToldInOneLine(int sinks, int window) {
        ModelOptions options = ModelOptions.of(folder);

        assertThatThrownBy(() -> options.withAttention(sinks, window))
                .isInstanceOf(UserException.class)
                .hasMessage("--attention-sink-window-size: \"" + window
                        + "\" is wrong; allowed is a whole number from 1 to 1048576");
    }

    @ParameterizedTest
    @CsvSource({"2147483647, 28", "1048577, 28", "-1, 28"})
    void soAreSinks(int sinks, int window) {
        ModelOptions options = ModelOptions.of(folder);

        assertThatThrownBy(() -> options.withAttention(sinks, window))
                .isInstanceOf(UserException.class)
                .hasMessage("--attention-sink-size: \"" + sinks
                        + "\" is wrong; allowed is a whole number from 0 to 1048576");
    }

    @Test
    void theLargestAreDescribed() {
        ModelOptions options = ModelOptions.of(
                        TinyModels.of(TinyModels.Shape.llama()).write(folder))
                .withAttention(1 << 20, 1 << 20);

        assertThatCode(() -> StreamModel.describe(options)).doesNotThrowAnyException();
    }
}
