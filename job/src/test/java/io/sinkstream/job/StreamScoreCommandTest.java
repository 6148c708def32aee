package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.codahale.metrics.Gauge;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import io.sinkstream.plugin.SinkstreamPlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.jdk.javaapi.CollectionConverters;

/** {@code stream score} on files, with a random tiny model, against {@code score} on the same rows. */
class StreamScoreCommandTest {
    private static final int WINDOW = 28;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    private Command run(Path input, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.toString());
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--checkpoint", folder + "/checkpoint");
        options.put("--output", folder + "/scored");
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    private List<Row> scored() {
        return Command.spark()
                .read()
                .parquet(folder + "/scored")
                .sort("key", "seq")
                .collectAsList();
    }

    /** What the batch job gives for the same rows. */
    private List<Row> expected(List<JsonObject> rows) throws IOException {
        return BatchScores.of(model, WINDOW, rows, folder);
    }

    @Test
    void aBrokenTokenizerIsToldBeforeAnythingIsWrittenAndCanBeMended() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(2, 5);
        Path input = new GrowingFolder(folder.resolve("in")).add(rows, 10).path();
        Path tokenizer = model.resolve("tokenizer.json");
        byte[] sound = Files.readAllBytes(tokenizer);
        Files.writeString(tokenizer, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");

        assertThat(run(input).refusal())
                .isEqualTo("sinkstream stream score: " + tokenizer
                        + ": is a Git LFS pointer, not the file: run git lfs pull");
        assertThat(folder.resolve("checkpoint")).doesNotExist();
        assertThat(folder.resolve("scored")).doesNotExist();

        Files.write(tokenizer, sound);
        run(input).succeeded();
        assertThat(scored()).hasSize(10);
    }

    /** There is nothing to give that would overwrite it. */
    @Test
    void anOutputThatIsThereIsNotOverwritten() throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(1, 1), 1)
                .path();
        Path output = Files.createDirectory(folder.resolve("scored"));

        assertThat(run(input).refusal())
                .isEqualTo("sinkstream stream score: --output: " + output
                        + " exists, and is not the output of this --checkpoint; remove it, or write somewhere else");
    }

    /** Spark refuses a sink when the query starts, for which the checkpoint has to be begun. */
    @Test
    void aSinkThatIsNoneLeavesNoCheckpointThatIsBegun() throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(2, 5), 10)
                .path();

        for (String sink : List.of("nosuch", "rate")) {
            assertThat(run(input, "--output-format", sink).refusal())
                    .startsWith("sinkstream stream score: --output-format: ");
            assertThat(folder.resolve("checkpoint/sinkstream.json")).doesNotExist();
        }

        // So another model, window or key may begin there.
        run(input, "--attention-sink-window-size", "20").succeeded();
        assertThat(scored()).hasSize(10);
    }

    /** The model has three layers, so that three windows are all that has an influence. */
    @ParameterizedTest
    @CsvSource({"bounded:3, 1e-4", "bounded:1, 0.5"})
    void aShorterHistoryLosesNoRow(String history, double nats) throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(20, 12);
        Path input = new GrowingFolder(folder.resolve("in")).add(rows, 60).path();

        Command run = run(input, "--option", "maxFilesPerTrigger=1", "--cache-memory", "60k", "--history", history)
                .succeeded();

        assertThat(run.err().lines()).last().asString().doesNotContain(" 0 rebuilds");
        List<Row> expected = expected(rows);
        List<Row> found = scored();
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i).<String>getAs("error")).isNull();
            assertThat(found.get(i).<Double>getAs("nll"))
                    .isCloseTo(
                            expected.get(i).<Double>getAs("nll"),
                            within(nats * found.get(i).<Integer>getAs("tokens")));
        }
        assertThat(Command.run("state", "--checkpoint", folder + "/checkpoint")
                        .succeeded()
                        .out())
                .contains("history " + history);
    }

    @Test
    void statesAreShownWhileTheQueryRuns() throws Exception {
        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(GrowingFolder.rows(3, 2), 6);
        CompletableFuture<Command> query = CompletableFuture.supplyAsync(() -> run(input.path(), "--trigger", "1s"));
        try {
            Command state;
            long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
            do {
                assertThat(query).isNotDone();
                assertThat(System.nanoTime())
                        .as("when its first micro-batch is there")
                        .isLessThan(deadline);
                state = Command.run("state", "--checkpoint", folder + "/checkpoint");
            } while (state.code() != 0 || !state.out().contains("k2"));
            assertThat(state.out()).containsPattern("streams +3\\n");
        } finally {
            EndSignal.take();
        }

        query.get(2, TimeUnit.MINUTES).succeeded();
        assertThat(scored()).hasSize(6);
    }

    @ParameterizedTest(name = "{0} rows a micro-batch, {1} partitions")
    @CsvSource({"1,1", "10,2", "80,7"})
    void microBatchesAndPartitionsChangeNoNumber(int rowsPerBatch, int partitions) throws IOException {
        // Each stream is longer than three windows; Spark compacts its logs every ten micro-batches.
        List<JsonObject> rows = GrowingFolder.rows(5, 16);
        Path input =
                new GrowingFolder(folder.resolve("in")).add(rows, rowsPerBatch).path();

        run(input, "--option", "maxFilesPerTrigger=1", "--partitions", "" + partitions)
                .succeeded();

        BatchScores.assertSame(scored(), expected(rows));
    }

    @Test
    void aStreamGoesOnWhereItWas() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(5, 20);
        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(rows.subList(0, 40), 10);
        run(input.path()).succeeded();
        assertThat(scored()).hasSize(40);

        input.add(rows.subList(40, 100), 20);
        run(input.path()).succeeded();

        BatchScores.assertSame(scored(), expected(rows));
    }

    /** What is inserted into it comes as rows of a stream. */
    @Test
    void aTableOfTheCatalogIsRead() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(3, 10);
        Path files = new GrowingFolder(folder.resolve("in")).add(rows, 10).path();
        SparkSession spark = Command.spark();
        spark.sql("CREATE TABLE said (key STRING, seq BIGINT, text STRING) USING parquet LOCATION '"
                + folder.resolve("table") + "'");
        try {
            String read = "INSERT INTO said SELECT key, seq, text FROM json.`" + files + "` WHERE seq ";
            spark.sql(read + "< 4");
            Command.run(tableCommand("stream", "score", "--trigger", "available-now", "--checkpoint", "state"))
                    .succeeded();
            spark.sql(read + ">= 4");
            Command.run(tableCommand("stream", "score", "--trigger", "available-now", "--checkpoint", "state"))
                    .succeeded();
            BatchScores.assertSame(scored(), expected(rows));

            assertThat(Command.run(tableCommand("stream", "score", "--schema", "a INT", "--checkpoint", "other"))
                            .refusal())
                    .contains("--schema: a table has its own columns");
        } finally {
            spark.sql("DROP TABLE said");
        }
    }

    private String[] tableCommand(String... words) {
        List<String> command = new ArrayList<>(List.of(words));
        int at = command.indexOf("--checkpoint") + 1;
        command.set(at, folder.resolve(command.get(at)).toString());
        command.addAll(List.of("--format", "table", "--input", "said", "--key", "key", "--order", "seq"));
        command.addAll(List.of("--model", model.toString(), "--attention-sink-window-size", "" + WINDOW));
        command.addAll(List.of("--output", folder.resolve("scored").toString()));
        return command.toArray(String[]::new);
    }

    /** A process for each file status made a micro-batch of one row take half as long again. */
    @Test
    void noProcessIsStartedToRenameAFileOfALocalCheckpoint() throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(2, 2), 2)
                .path();
        try (Recording recording = new Recording()) {
            recording.enable("jdk.ProcessStart");
            recording.start();

            run(input).succeeded();

            recording.stop();
            recording.dump(folder.resolve("processes.jfr"));
        }
        assertThat(RecordingFile.readAllEvents(folder.resolve("processes.jfr")))
                .extracting(started -> started.getString("command"))
                .noneMatch(command -> command.startsWith("readlink"));
    }

    /** Streams whose caches had to go are rebuilt from the state's tokens. */
    @Test
    void aBudgetForFewCachesChangesNoNumber() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(20, 12);
        Path input = new GrowingFolder(folder.resolve("in")).add(rows, 60).path();

        Command run = run(input, "--option", "maxFilesPerTrigger=1", "--cache-memory", "60k")
                .succeeded();

        BatchScores.assertSame(scored(), expected(rows));
        assertThat(run.err().lines()).last().asString().doesNotContain(" 0 rebuilds");
    }

    @Test
    void aBadRowCostsNoOtherRowAnything() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(3, 10);
        List<JsonObject> all = new ArrayList<>(rows);
        all.add(9, row(null, 1L, "no key"));
        all.add(12, row("k0", 3L, null));
        all.add(15, row("k1", null, "no order"));
        // Twice the same row, and one that comes after a later one.
        all.add(20, rows.get(17).deepCopy());
        all.add(27, row("k2", 2L, "late"));
        Path input = new GrowingFolder(folder.resolve("in")).add(all, 7).path();

        Command run = run(input, "--option", "maxFilesPerTrigger=1").succeeded();

        List<Row> found = Command.spark()
                .read()
                .parquet(folder + "/scored")
                .sort("key", "seq", "error")
                .collectAsList();
        assertThat(found).hasSize(35);
        BatchScores.assertSame(
                found.stream().filter(row -> row.getAs("error") == null).toList(), expected(rows));
        List<String> errors = found.stream()
                .map(row -> row.<String>getAs("error"))
                .filter(error -> error != null)
                .toList();
        assertThat(errors)
                .containsExactlyInAnyOrder(
                        "the key is null",
                        "the text is null",
                        "the order is null",
                        "late: the order 5 is not above the stream's last",
                        "late: the order 2 is not above the stream's last");
        assertThat(run.err()).contains("late 2, bad 3");
    }

    /** No row is left out for being behind the watermark, and by the rows' own time nothing is idle before it is. */
    @Test
    void idlenessCanGoByTheRowsOwnTime() throws IOException {
        GrowingFolder input = new GrowingFolder(folder.resolve("in"));
        String[] more = {
            "--schema",
            "key STRING, seq BIGINT, text STRING, at TIMESTAMP",
            "--event-time",
            "at",
            "--watermark",
            "1m",
            "--idle",
            "1h",
            "--option",
            "maxFilesPerTrigger=1"
        };
        input.add(List.of(at("old", 1, "00:00"), at("new", 1, "00:10")), 2);
        input.add(List.of(at("new", 2, "03:00")), 1);
        // The watermark is at 02:59 from here on.
        input.add(List.of(at("new", 3, "03:01")), 1);
        input.add(List.of(at("new", 4, "03:02"), at("old", 0, "00:01")), 2);
        run(input.path(), more).succeeded();

        List<Row> found = scored();
        assertThat(found).hasSize(6).allMatch(row -> row.getAs("error") == null);
        // Its order begins anew, and so does its position.
        assertThat(found.get(4).<Long>getAs("stream_tokens")).isEqualTo(1 + "text".length() + 1);
        assertThat(found.get(3).<Long>getAs("stream_tokens")).isEqualTo(1 + 4 * ("text".length() + 1));
    }

    private static JsonObject at(String key, long seq, String time) {
        JsonObject row = row(key, seq, "text");
        row.addProperty("at", "2026-01-01T" + time + ":00");
        return row;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--format json --input in --key key --order seq --checkpoint c --output o | --schema is missing",
                "--format kafka --checkpoint c --output o | --option kafka.bootstrap.servers=HOST:PORT is missing",
                "--format kafka --option kafka.bootstrap.servers=h:1 --checkpoint c --output o"
                        + " | --option subscribe=TOPIC is missing",
                "--format rate --key value --order value --text value --output o | --checkpoint is missing",
                "--format rate --key value --text value --checkpoint c --output o | --order is missing",
                "--format rate --order value --text value --checkpoint c --output o | --key is missing",
                "--format rate --key value --order value --text value --checkpoint c | --output is missing",
                "--format text --input in --key value --order value --checkpoint c --output o --trigger soon"
                        + " | --trigger: \"soon\" is wrong",
                "--format text --input in --key value --order value --checkpoint c --output o --watermark 1m"
                        + " | go together",
                "--format rate --key value --order value --checkpoint c --output o | --text: there is no column text"
            })
    void whatIsMissingIsToldInOneLine(String args, String told) {
        List<String> all = new ArrayList<>(List.of("stream", "score", "--model", model.toString()));
        all.addAll(List.of(args.strip().split(" ", -1)));

        assertThat(Command.run(all.toArray(String[]::new)).refusal()).contains(told.strip());
        assertThat(Path.of("c")).doesNotExist();
    }

    @Test
    void whatAShorterHistoryCostsIsMeasured() throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "to and fro and back, ".repeat(200));

        String out = Command.run(
                        "history",
                        "--model",
                        model.toString(),
                        "--attention-sink-window-size",
                        "28",
                        "--input",
                        text.toString())
                .succeeded()
                .out();

        // A random model forgets slowly; with all that has an influence only rounding is left.
        double[] means = out.lines()
                .skip(1)
                .mapToDouble(line -> Double.parseDouble(line.replaceAll(".* (\\S+) +\\S+$", "$1")))
                .toArray();
        assertThat(means[0]).isGreaterThan(1e-3);
        assertThat(means[means.length - 1]).isLessThan(1e-5);
    }

    @Test
    void executorsTellWhatTheyDo() throws IOException {
        Map<String, Gauge<?>> before = metrics();
        long rows = (Long) before.get("stream.rows").getValue();
        long late = (Long) before.get("stream.rows.late").getValue();
        List<JsonObject> all = new ArrayList<>(GrowingFolder.rows(3, 4));
        all.add(row("k0", 0L, "late"));
        Path input =
                new GrowingFolder(folder.resolve("in")).add(all, all.size()).path();

        run(input).succeeded();

        assertThat((Long) before.get("stream.rows").getValue()).isEqualTo(rows + 12);
        assertThat((Long) before.get("stream.rows.late").getValue()).isEqualTo(late + 1);
        assertThat((Long) before.get("model.caches.bytes").getValue()).isPositive();
        assertThat((Double) before.get("model.batch.fill").getValue()).isBetween(0.0, 1.0);
        assertThat((Double) before.get("model.batch.streams").getValue()).isBetween(1.0, 3.0);
    }

    private static Map<String, Gauge<?>> metrics() {
        Command.spark();
        Map<String, Gauge<?>> metrics = new LinkedHashMap<>();
        CollectionConverters.asJava(
                        SparkEnv.get().metricsSystem().getSourcesByName("plugin." + SinkstreamPlugin.class.getName()))
                .forEach(source -> source.metricRegistry().getGauges().forEach(metrics::put));
        return metrics;
    }

    private static JsonObject row(String key, Long seq, String text) {
        JsonObject row = new JsonObject();
        row.addProperty("key", key);
        row.add("seq", JsonNull.INSTANCE);
        row.addProperty("seq", seq);
        row.addProperty("text", text);
        return row;
    }

    @Test
    void lateRowsCanBeDroppedOrScored() throws IOException {
        List<JsonObject> rows = new ArrayList<>(GrowingFolder.rows(1, 6));
        rows.add(row("k0", 2L, "late"));
        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(rows, 6);

        Command dropped = run(input.path(), "--late", "drop").succeeded();
        assertThat(scored()).hasSize(6);
        assertThat(dropped.err()).contains("7 rows").contains("late 1");

        run(input.path(), "--late", "score", "--checkpoint", folder + "/other", "--output", folder + "/others")
                .succeeded();
        List<Row> all = Command.spark()
                .read()
                .parquet(folder + "/others")
                .where("text = 'late'")
                .collectAsList();
        assertThat(all).singleElement().satisfies(row -> {
            assertThat(row.<String>getAs("error")).isNull();
            assertThat(row.<Double>getAs("nll")).isPositive();
        });
    }

    @Test
    void anotherModelIsRefused() throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(2, 2), 4)
                .path();
        run(input).succeeded();
        // The same shapes, one weight different.
        Path other = Files.createDirectories(folder.resolve("other"));
        for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
            Files.copy(model.resolve(name), other.resolve(name));
        }
        byte[] weights = Files.readAllBytes(other.resolve("model.safetensors"));
        for (int i = weights.length / 2; i < weights.length; i++) {
            weights[i] ^= 1;
        }
        Files.write(other.resolve("model.safetensors"), weights);

        String line = run(input, "--model", other.toString()).refusal();

        assertThat(line).contains("--model").contains("is not the model and tokenizer that the checkpoint");
    }

    @ParameterizedTest
    @CsvSource({
        "--attention-sink-window-size,29",
        "--attention-sink-size,2",
        "--partitions,3",
        "--history,bounded:2",
        "--key,text",
        "--order,text"
    })
    void aCheckpointIsContinuedAsItWasBegun(String option, String value) throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(2, 2), 4)
                .path();
        run(input).succeeded();

        assertThat(run(input, option, value).refusal())
                .startsWith(
                        "sinkstream stream score: " + option + ": the checkpoint " + folder + "/checkpoint was begun");
    }

    @Test
    void anIdleStreamIsForgotten() throws Exception {
        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(GrowingFolder.rows(2, 3), 6);
        run(input.path(), "--idle", "1s").succeeded();
        long others = 0;
        do {
            // Streams are looked through when other rows come, a second after the last look.
            assertThat(others).as("micro-batches until k0 is forgotten").isLessThan(30);
            input.add(List.of(row("k9", others++, "another")), 1);
            run(input.path(), "--idle", "1s").succeeded();
        } while (Command.run("state", "--checkpoint", folder + "/checkpoint", "--stream", "k0")
                        .code()
                == 0);
        input.add(List.of(row("k0", 0L, "begins anew")), 1);

        run(input.path(), "--idle", "1s").succeeded();

        List<Row> again = Command.spark()
                .read()
                .parquet(folder + "/scored")
                .where("text = 'begins anew'")
                .collectAsList();
        assertThat(again).singleElement().satisfies(row -> {
            assertThat(row.<String>getAs("error")).isNull();
            // BOS, the text and the separator.
            assertThat(row.<Long>getAs("stream_tokens")).isEqualTo(1 + 11 + 1);
        });
    }
}
