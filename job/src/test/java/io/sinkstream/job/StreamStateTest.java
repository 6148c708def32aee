package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.PlainDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States of streams that are carried from one run to another, shown and deleted. */
class StreamStateTest {
    /** The project's meaning of the same numbers: nats a token in fp32. */
    private static final double SAME = 1e-4;

    private static final int WINDOW = 12;

    @TempDir
    private Path folder;

    private Path model;
    private List<JsonObject> past;
    private List<JsonObject> rest;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        List<JsonObject> rows = GrowingFolder.rows(4, 30);
        past = rows.subList(0, 84);
        rest = rows.subList(84, rows.size());
    }

    private Path input(String name, List<JsonObject> rows) throws IOException {
        return new GrowingFolder(folder.resolve(name)).add(rows, rows.size()).path();
    }

    private Map<String, String> options(Path input) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.toString());
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        return options;
    }

    private Command stream(Path input, String name, String... more) {
        Map<String, String> options = options(input);
        options.put("--checkpoint", folder + "/" + name);
        options.put("--output", folder + "/" + name + ".scored");
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    private List<Row> read(String table) {
        return Command.spark()
                .read()
                .parquet(folder + "/" + table)
                .sort("key", "seq")
                .collectAsList();
    }

    /** The rest of the rows, as the batch job scores them behind the past. */
    private List<Row> expected() throws IOException {
        Map<String, String> options = options(input("all", GrowingFolder.rows(4, 30)));
        options.put("--output", folder + "/expected");
        Command.run(options).succeeded();
        return Command.spark()
                .read()
                .parquet(folder + "/expected")
                .where("seq >= 21")
                .sort("key", "seq")
                .collectAsList();
    }

    private static void assertSame(List<Row> found, List<Row> expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            Row row = found.get(i);
            Row other = expected.get(i);
            for (String name : List.of("key", "seq", "tokens", "stream_tokens")) {
                assertThat(row.<Object>getAs(name)).as(name).isEqualTo(other.getAs(name));
            }
            assertThat(row.<Double>getAs("nll"))
                    .as("%s %s", row.getAs("key"), row.getAs("seq"))
                    .isCloseTo(other.<Double>getAs("nll"), within(SAME * row.<Integer>getAs("tokens")));
            assertThat(Math.log(row.<Double>getAs("stream_perplexity")))
                    .isCloseTo(Math.log(other.<Double>getAs("stream_perplexity")), within(SAME));
        }
    }

    @Test
    void aStreamBeginsWhereABatchOverItsPastEnded() throws IOException {
        Map<String, String> options = options(input("past", past));
        options.put("--output", folder + "/past.scored");
        options.put("--save-state", folder + "/states");
        Command.run(options).succeeded();
        assertThat(read("past.scored").get(0).schema().fieldNames()).doesNotContain("__sinkstream_state");

        stream(input("rest", rest), "begun", "--initial-state", folder + "/states")
                .succeeded();

        assertSame(read("begun.scored"), expected());
        // It is the checkpoint that has the states from here on.
        assertThat(stream(folder.resolve("rest"), "begun", "--initial-state", folder + "/states")
                        .refusal())
                .contains("--initial-state")
                .contains("has states of its own");
    }

    @Test
    void aStreamWhoseLastRowsAreDroppedKeepsItsState() throws IOException {
        List<JsonObject> twice = new ArrayList<>(past);
        twice.addAll(past.subList(past.size() - 4, past.size()));
        Map<String, String> options = options(input("twice", twice));
        options.put("--output", folder + "/twice.scored");
        options.put("--save-state", folder + "/states");
        options.put("--late", "drop");
        // A row or two fill what is taken at a time, so the dropped ones come alone.
        options.put("--pass-tokens", "1");
        Command.run(options).succeeded();

        stream(input("rest", rest), "begun", "--initial-state", folder + "/states")
                .succeeded();

        assertThat(read("twice.scored")).hasSize(past.size());
        assertSame(read("begun.scored"), expected());
    }

    @Test
    void aCheckpointMovesToAnotherNumberOfPartitions() throws IOException {
        stream(input("past", past), "two", "--partitions", "2").succeeded();
        Command.run("state", "--checkpoint", folder + "/two", "--output", folder + "/states")
                .succeeded();

        stream(input("rest", rest), "three", "--partitions", "3", "--initial-state", folder + "/states")
                .succeeded();

        assertSame(read("three.scored"), expected());
    }

    /** The new stream is what was kept of the old one: its sinks and its history. */
    @Test
    void aCheckpointMovesToAnotherWindow() throws IOException {
        stream(input("past", past), "narrow").succeeded();
        Command.run("state", "--checkpoint", folder + "/narrow", "--output", folder + "/states")
                .succeeded();

        stream(input("rest", rest), "wide", "--attention-sink-window-size", "20", "--initial-state", folder + "/states")
                .succeeded();

        int[] all = Streams.ids(texts(past, "k0"), "\n");
        int layers = 3;
        int kept = layers * WINDOW + 1;
        assertThat(all.length).isGreaterThan(4 + kept);
        int[] begun = IntStream.concat(Arrays.stream(all, 0, 4), Arrays.stream(all, all.length - kept, all.length))
                .toArray();
        int[] more = Streams.ids(texts(rest, "k0"), "\n");
        int[] whole = IntStream.concat(Arrays.stream(begun), Arrays.stream(more, 1, more.length))
                .toArray();
        double[] nll = PlainDecoder.load(model).nll(whole, 4, 20);
        List<Row> found = read("wide.scored").stream()
                .filter(row -> row.getAs("key").equals("k0"))
                .toList();
        int at = begun.length;
        for (Row row : found) {
            int to = at + row.<Integer>getAs("tokens");
            assertThat(row.<Long>getAs("stream_tokens")).isEqualTo(to);
            // The numbers of the plain decoder begin with the second token.
            assertThat(row.<Double>getAs("nll"))
                    .isCloseTo(Arrays.stream(nll, at - 1, to - 1).sum(), within(SAME * (to - at)));
            at = to;
        }
        assertThat(at).isEqualTo(whole.length);
    }

    /** In the first micro-batch there is no watermark yet, which once was the time of these streams' last rows. */
    @Test
    void aStreamThatIsBegunWithAStateIsNotIdleBeforeItsTime() throws IOException {
        Map<String, String> options = options(input("past", past));
        options.put("--output", folder + "/past.scored");
        options.put("--save-state", folder + "/states");
        Command.run(options).succeeded();
        // Each file is a micro-batch: the first says the time, the next look at the streams comes after it.
        List<List<JsonObject>> files = List.of(
                at(rest.subList(0, 1), "00:00"), at(rest.subList(4, 5), "00:10"), at(rest.subList(8, 9), "00:20"));
        GrowingFolder times = new GrowingFolder(folder.resolve("times"));
        for (List<JsonObject> rows : files) {
            times.add(rows, 1);
        }
        times.add(at(rest.subList(1, 4), "00:25"), 3);

        stream(
                        times.path(),
                        "timed",
                        "--schema",
                        "key STRING, seq BIGINT, text STRING, at TIMESTAMP",
                        "--event-time",
                        "at",
                        "--watermark",
                        "1m",
                        "--idle",
                        "1h",
                        "--option",
                        "maxFilesPerTrigger=1",
                        "--initial-state",
                        folder + "/states")
                .succeeded();

        List<Row> first =
                expected().stream().filter(row -> row.<Long>getAs("seq") == 21).toList();
        assertSame(
                read("timed.scored").stream()
                        .filter(row -> row.<Long>getAs("seq") == 21)
                        .toList(),
                first);
    }

    private static List<JsonObject> at(List<JsonObject> rows, String time) {
        return rows.stream()
                .map(row -> {
                    JsonObject timed = row.deepCopy();
                    timed.addProperty("at", "2026-01-01T" + time + ":00");
                    return timed;
                })
                .toList();
    }

    private static List<String> texts(List<JsonObject> rows, String key) {
        return rows.stream()
                .filter(row -> row.get("key").getAsString().equals(key))
                .map(row -> row.get("text").getAsString())
                .toList();
    }

    @Test
    void aStreamIsShownAndDeleted() throws IOException {
        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(past, past.size());
        stream(input.path(), "shown").succeeded();
        long tokens = Streams.ids(texts(past, "k1"), "\n").length;

        String all = Command.run("state", "--checkpoint", folder + "/shown")
                .succeeded()
                .out();
        assertThat(all).containsPattern("k1 +" + tokens).containsPattern("streams +4");
        String one = Command.run("state", "--checkpoint", folder + "/shown", "--stream", "k1")
                .succeeded()
                .out();
        assertThat(one).containsPattern("tokens +" + tokens);
        assertThat(Command.run("state", "--checkpoint", folder + "/shown", "--stream", "k99")
                        .refusal())
                .contains("has no stream k99");

        Command.run("state", "--checkpoint", folder + "/shown", "--stream", "k1", "--delete")
                .succeeded();
        input.add(rest, rest.size());
        stream(input.path(), "shown").succeeded();

        List<Row> found = Command.spark()
                .read()
                .parquet(folder + "/shown.scored")
                .where("seq = 21")
                .sort("key")
                .collectAsList();
        long begun = Streams.ids(texts(rest.subList(0, 4), "k1"), "\n").length;
        assertThat(found.get(1).<Long>getAs("stream_tokens")).isEqualTo(begun);
        assertSame(
                read("shown.scored").stream()
                        .filter(row -> row.<Long>getAs("seq") >= 21
                                && !row.getAs("key").equals("k1"))
                        .toList(),
                expected().stream()
                        .filter(row -> !row.getAs("key").equals("k1"))
                        .toList());
    }
}
