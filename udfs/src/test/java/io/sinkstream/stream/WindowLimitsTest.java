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

/** Sinks and windows that no memory holds are told before a job starts. */
class WindowLimitsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "4, 2147483647, window, 2147483647",
        "4, 100000000, window, 100000000",
        "4, 1048577, window, 1048577",
        "2147483647, 28, sink, 2147483647",
        "1048577, 28, sink, 1048577"
    })
    void whatIsTooLargeIsToldInOneLine(int sinks, int window, String which, int found) {
        ModelOptions options = ModelOptions.of(
                        TinyModels.of(TinyModels.Shape.llama()).write(folder))
                .withAttention(sinks, window);

        assertThatThrownBy(() -> StreamModel.describe(options))
                .isInstanceOf(UserException.class)
                .hasMessage((which.equals("sink") ? "--attention-sink-size: " : "--attention-sink-window-size: ")
                        + found + " is too much; allowed is at most 1048576");
    }

    @Test
    void theLargestAreDescribed() {
        ModelOptions options = ModelOptions.of(
                        TinyModels.of(TinyModels.Shape.llama()).write(folder))
                .withAttention(1 << 20, 1 << 20);

        assertThatCode(() -> StreamModel.describe(options)).doesNotThrowAnyException();
    }
}
