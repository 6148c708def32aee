package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference systems' numbers, through the whole command. */
class ScoreGoldenTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "mistral"})
    void tokensGetTheReferencesNumbers(String family) throws IOException {
        Golden golden = Golden.require(family);
        // The same stream as one row, and cut into rows of 7.
        StringBuilder rows = new StringBuilder();
        rows.append("{\"id\": \"whole\", \"seq\": 0, \"ids\": ")
                .append(Arrays.toString(golden.ids()))
                .append("}\n");
        for (int i = 0; i < golden.ids().length; i += 7) {
            int[] ids = Arrays.copyOfRange(golden.ids(), i, Math.min(i + 7, golden.ids().length));
            rows.append("{\"id\": \"cut\", \"seq\": ")
                    .append(i)
                    .append(", \"ids\": ")
                    .append(Arrays.toString(ids))
                    .append("}\n");
        }
        Path input = Files.writeString(folder.resolve("ids.jsonl"), rows.toString());
        assertThat(golden.streaming()).isNotEmpty();
        for (Golden.Streaming streaming : golden.streaming()) {
            assertNumbers(golden, input, streaming.sinks(), streaming.window(), streaming.nll());
        }
        assertNumbers(golden, input, 0, 2000, golden.dense().nll());
    }

    private void assertNumbers(Golden golden, Path input, int sinks, int window, double[] expected) {
        String output = folder.resolve("out-" + sinks + "-" + window).toString();
        Command.run(
                        "score",
                        "--model",
                        golden.folder().toString(),
                        "--attention-sink-size",
                        String.valueOf(sinks),
                        "--attention-sink-window-size",
                        String.valueOf(window),
                        "--input",
                        input.toString(),
                        "--key",
                        "id",
                        "--order",
                        "seq",
                        "--tokens",
                        "ids",
                        "--token-nll",
                        "--output",
                        output)
                .succeeded();
        List<Row> rows =
                Command.spark().read().parquet(output).sort("id", "seq").collectAsList();
        rows.stream()
                .collect(Collectors.groupingBy(row -> row.<String>getAs("id")))
                .forEach((id, stream) -> {
                    List<Double> found = stream.stream()
                            .flatMap(row -> row.<Double>getList(row.fieldIndex("token_nll")).stream())
                            .toList();
                    assertThat(found).hasSize(expected.length + 1);
                    assertThat(found.get(0)).isNull();
                    for (int i = 0; i < expected.length; i++) {
                        assertThat(found.get(i + 1))
                                .as("%s, %d+%d, token %d", id, sinks, window, i + 1)
                                .isCloseTo(expected[i], within(1e-4));
                    }
                });
    }
}
