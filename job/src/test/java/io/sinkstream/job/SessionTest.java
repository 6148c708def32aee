package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.SettingValues;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command's executors load while they start. */
class SessionTest {
    @TempDir
    private Path folder;

    @Test
    void itIsTheModelThatTasksAskForWhateverTheConfigurationSays() throws Exception {
        Path model = Streams.model(folder.resolve("model"));
        // From the driver's working directory, which is not the executors'.
        Path relative = Path.of("").toAbsolutePath().relativize(model.toAbsolutePath());
        SettingValues values = SettingValues.resolve(
                Map.of("model", List.of(relative.toString()), "attention-sink-window-size", List.of("28")),
                Map.of(
                        "spark.sinkstream.model", "builtin",
                        "spark.sinkstream.attention.sink.window.size", "1020",
                        "spark.sinkstream.dtype", "int8"));
        ModelSource asked = ModelSource.from(values);

        ModelSource loaded = ModelSource.from(SettingValues.resolve(Map.of(), Session.preloaded(asked, values)));

        assertThat(loaded.name()).isEqualTo(asked.onExecutors().name());
        assertThat(loaded.options())
                .isEqualTo(asked.options().at(asked.options().model().toAbsolutePath()));
        assertThat(loaded.options().window()).isEqualTo(28);
        assertThat(loaded.options().compute().dtype()).isEqualTo("int8");
    }

    @Test
    void whatSparkHasNoRightDefaultForIsSetUnlessItIsGiven() {
        assertThat(Session.conf("x", Map.of()).get("spark.locality.wait")).isEqualTo("0s");
        assertThat(Session.conf("x", Map.of("spark.locality.wait", "60s")).get("spark.locality.wait"))
                .isEqualTo("60s");
        System.setProperty("spark.locality.wait", "1s");
        try {
            assertThat(Session.conf("x", Map.of("spark.locality.wait", "60s")).get("spark.locality.wait"))
                    .isEqualTo("1s");
        } finally {
            System.clearProperty("spark.locality.wait");
        }
    }
}
