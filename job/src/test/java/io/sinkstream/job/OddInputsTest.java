package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.OddInputs;
import io.sinkstream.harness.Streams;
import io.sinkstream.harness.Trial;
import io.sinkstream.harness.Trial.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Inputs as people have them, each through {@code score} and {@code stream score}. What comes of one is right numbers, an error of a
 * row, or one line and exit code 2, and never a fourth: no trace, no row that is lost or changed without a word.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OddInputsTest {
    private static final int SINKS = 4;
    private static final int WINDOW = 28;

    private Path model;

    @BeforeAll
    void write(@TempDir Path folder) throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    static Stream<Trial> trials() {
        return OddInputs.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("trials")
    void isScored(Trial trial, @TempDir Path folder) throws IOException {
        check(trial, trial.scored(), run(trial, folder, List.of("score"), trial.optionsOf(false)), folder);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("trials")
    void isScoredAsAStream(Trial trial, @TempDir Path folder) throws IOException {
        Map<String, String> options = trial.optionsOf(true);
        options.put("--checkpoint", folder.resolve("checkpoint").toString());
        options.put("--trigger", "available-now");
        options.put("--partitions", "1");
        check(trial, trial.streamed(), run(trial, folder, List.of("stream", "score"), options), folder);
    }

    private Command run(Trial trial, Path folder, List<String> command, Map<String, String> options)
            throws IOException {
        Path input = Files.createDirectory(folder.resolve("in"));
        trial.files().into(input);
        Map<String, String> all = new LinkedHashMap<>(options);
        all.put("--model", model.toString());
        all.put("--attention-sink-window-size", "" + WINDOW);
        all.put("--input", trial.input().isEmpty() ? input.toString() : input + "/" + trial.input());
        all.putIfAbsent("--output", folder.resolve("out").toString());
        return Command.run(command, all);
    }

    private void check(Trial trial, Outcome expected, Command run, Path folder) throws IOException {
        if (expected instanceof Outcome.Refused refused) {
            assertThat(run.refusal()).contains(refused.words());
            return;
        }
        run.succeeded();
        Outcome.Rows rows = (Outcome.Rows) expected;
        List<String> errors = new ArrayList<>();
        Map<String, List<Row>> streams = new TreeMap<>();
        for (Row row : written(trial, folder)) {
            if (row.isNullAt(3)) {
                streams.computeIfAbsent(row.getString(0), key -> new ArrayList<>())
                        .add(row);
            } else {
                errors.add(row.getString(3));
            }
        }
        assertThat(errors).hasSameSizeAs(rows.errors());
        rows.errors().forEach(start -> assertThat(errors).anyMatch(error -> error.startsWith(start)));
        assertThat(streams.keySet())
                .containsExactlyInAnyOrderElementsOf(rows.streams().keySet());
        rows.streams().forEach((key, texts) -> assertNumbers(key, texts, streams.get(key)));
    }

    /** Key, tokens, NLL and error of all rows. */
    private static List<Row> written(Trial trial, Path folder) throws IOException {
        Path files = folder.resolve("out");
        try (Stream<Path> all = Files.walk(files)) {
            if (all.noneMatch(file -> file.toString().endsWith(".parquet"))) {
                return List.of();
            }
        }
        Dataset<Row> out = Command.spark().read().parquet(files.toString());
        String prefix = trial.options().getOrDefault("--prefix", "");
        return out.select(
                        key(out, trial.options()),
                        functions.col(prefix + "tokens"),
                        functions.col(prefix + "nll"),
                        functions.col(prefix + "error"))
                .collectAsList();
    }

    private static Column key(Dataset<Row> out, Map<String, String> options) {
        String name = options.get("--key");
        if (name == null) {
            return functions.lit("");
        }
        boolean isColumn = List.of(out.columns()).contains(name);
        return functions
                .col(isColumn ? "`" + name.replace("`", "``") + "`" : name)
                .cast("string");
    }

    /** What the rows of a stream come to depends on each of them, and on their order. */
    private void assertNumbers(String key, List<String> texts, List<Row> rows) {
        int[] ids = Streams.ids(texts, "\n");
        double expected = Streams.sum(Streams.nll(model, ids, SINKS, WINDOW));
        assertThat(rows).as(key).hasSameSizeAs(texts);
        assertThat(rows.stream().mapToInt(row -> row.getInt(1)).sum()).as(key).isEqualTo(ids.length);
        assertThat(rows.stream()
                        .mapToDouble(row -> row.isNullAt(2) ? 0 : row.getDouble(2))
                        .sum())
                .as(key)
                .isCloseTo(expected, within(BatchScores.SAME * ids.length));
    }
}
