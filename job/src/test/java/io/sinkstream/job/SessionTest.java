package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.SettingValues;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command's executors load while they start, and what a session leaves. */
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

    @Test
    void itLeavesNoStateStoreOpen() throws Exception {
        Path rows = Files.writeString(
                Files.createDirectories(folder.resolve("in")).resolve("rows.json"),
                "{\"key\": \"a\", \"seq\": 1, \"text\": \"ab\"}\n");
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // What Spark and DJL need of a JVM, this one has.
        line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.matches("-(javaagent|agentlib).*"))
                .toList());
        line.addAll(List.of("-Dspark.master=local[1]", "-Dspark.ui.enabled=false", "-Dspark.driver.host=127.0.0.1"));
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), StoresAfterCommand.class.getName()));
        line.addAll(List.of("stream", "score", "--trigger", "available-now", "--partitions", "1"));
        line.addAll(List.of("--model", Streams.model(folder.resolve("model")).toString(), "--format", "json"));
        line.addAll(List.of("--input", rows.getParent().toString(), "--schema", "key string, seq long, text string"));
        line.addAll(List.of(
                "--key",
                "key",
                "--order",
                "seq",
                "--checkpoint",
                folder.resolve("checkpoint").toString()));
        line.addAll(List.of(
                "--output-format", "json", "--output", folder.resolve("out").toString()));

        Process process = new ProcessBuilder(line)
                .redirectError(folder.resolve("err").toFile())
                .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);

        process.waitFor();
        assertThat(said)
                .as(Files.readString(folder.resolve("err")))
                .contains("exit code 0, stores were open: true, are open: false");
    }
}
