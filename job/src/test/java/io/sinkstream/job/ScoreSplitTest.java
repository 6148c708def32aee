package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams that are cut into segments get the numbers of the whole. */
class ScoreSplitTest {
    /** Two sinks, the pending token and three layers' windows of 6: four times that is the shortest segment. */
    private static final int SHORTEST = 4 * (2 + 1 + 3 * 6);

    @TempDir
    private Path folder;

    private ScoreRun run;

    @BeforeEach
    void write() throws IOException {
        run = ScoreRun.in(folder);
    }

    /** One long stream and two short ones, with rows of every kind among them; bytes are tokens. */
    private static List<JsonObject> rows() {
        Random random = new Random(3);
        List<JsonObject> rows = new ArrayList<>();
        int seq = 0;
        for (int tokens = 0; tokens < 8 * SHORTEST + 40; ) {
            String text = "x".repeat(random.nextInt(20)) + random.nextInt(1000) + " ü";
            rows.add(ScoreRun.row("long", seq++, text));
            tokens += text.length() + 2;
            switch (random.nextInt(8)) {
                case 0 -> rows.add(ScoreRun.row("long", seq++, null));
                case 1 -> rows.add(ScoreRun.row("long", seq - 1, text + " again"));
                case 2 -> rows.add(ScoreRun.row("long", seq++, ""));
                case 3 -> rows.add(ScoreRun.row("long", seq++, "y".repeat(60)));
                default -> {
                    // A good row is followed by another.
                }
            }
        }
        rows.add(ScoreRun.row("long", null, "of no order"));
        for (String key : List.of("a", "z")) {
            IntStream.range(0, 3).forEach(i -> rows.add(ScoreRun.row(key, i, key + " short " + i)));
        }
        rows.add(ScoreRun.row(null, 1, "of no stream"));
        Collections.shuffle(rows, random);
        return rows;
    }

    private Command score(String name, String... more) {
        String[] all = Stream.concat(
                        Stream.of(
                                "--key",
                                "key",
                                "--order",
                                "seq",
                                "--attention-sink-size",
                                "2",
                                "--attention-sink-window-size",
                                "6",
                                "--max-row-bytes",
                                "50",
                                "--output",
                                folder + "/" + name,
                                "--save-state",
                                folder + "/" + name + ".states"),
                        Stream.of(more))
                .toArray(String[]::new);
        return run.command(folder.resolve("rows.jsonl"), all);
    }

    private List<Row> read(String table, String... sort) {
        return Command.spark()
                .read()
                .parquet(folder + "/" + table)
                .sort(Arrays.stream(sort)
                        .map(org.apache.spark.sql.functions::col)
                        .toArray(org.apache.spark.sql.Column[]::new))
                .collectAsList();
    }

    /** Into 2, 3 and 8 segments, and with each way to treat late rows. */
    @ParameterizedTest
    @CsvSource({"4.2, error, 2", "2.9, drop, 3", "1, score, 8"})
    void segmentsGiveTheNumbersOfTheWhole(double times, String late, int segments) throws Exception {
        run.write(rows());
        Command whole = score("whole", "--late", late).succeeded();
        Set<Integer> stages = new ConcurrentSkipListSet<>();
        SparkListener listener = new SparkListener() {
            @Override
            public void onStageCompleted(SparkListenerStageCompleted stage) {
                stages.add(stage.stageInfo().stageId());
            }
        };
        Command.spark().sparkContext().addSparkListener(listener);
        Command split = score("split", "--late", late, "--split-tokens", "" + (int) (times * SHORTEST))
                .succeeded();
        Command.spark().sparkContext().listenerBus().waitUntilEmpty();
        Command.spark().sparkContext().removeSparkListener(listener);

        List<Row> expected = read("whole", "key", "seq", "text");
        List<Row> found = read("split", "key", "seq", "text");
        assertThat(found.get(0).schema()).isEqualTo(expected.get(0).schema());
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertSame(found.get(i), expected.get(i));
        }
        assertStates(read("split.states", "key"), read("whole.states", "key"));
        assertThat(counts(split.out())).isEqualTo(counts(whole.out()));
        assertThat(split.err()).doesNotContain("--split-tokens");
        long tokens = expected.stream()
                .filter(row -> "long".equals(row.getAs("key")) && row.getAs("stream_tokens") != null)
                .mapToLong(row -> row.<Long>getAs("stream_tokens"))
                .max()
                .orElseThrow();
        // So the cuts are as many as the test says. Cutting takes a stage more than sorting does.
        assertThat((int) (tokens / (times * SHORTEST)) + 1).isGreaterThanOrEqualTo(segments);
        assertThat(stages).hasSizeGreaterThanOrEqualTo(3);
    }

    private static void assertSame(Row found, Row expected) {
        for (String name : List.of("key", "seq", "text", "tokens", "stream_tokens", "error")) {
            assertThat(found.<Object>getAs(name)).as(name).isEqualTo(expected.getAs(name));
        }
        for (String name : List.of("nll", "perplexity", "bits_per_byte", "stream_perplexity")) {
            Double number = found.getAs(name);
            Double wanted = expected.getAs(name);
            if (wanted == null) {
                assertThat(number).as(name).isNull();
            } else {
                assertThat(number).as("%s of %s", name, found).isCloseTo(wanted, within(1e-4 * Math.max(1, wanted)));
            }
        }
        List<Double> wanted = expected.getAs("error") == null ? ScoreRun.tokenNll(expected) : List.of();
        for (int i = 0; i < wanted.size(); i++) {
            Double number = ScoreRun.tokenNll(found).get(i);
            assertThat(number == null).isEqualTo(wanted.get(i) == null);
            if (number != null) {
                assertThat(number).isCloseTo(wanted.get(i), within(1e-4));
            }
        }
    }

    /** The same to the last bit, but for the summed NLL: it stands behind a version, an owner and three counts. */
    private static void assertStates(List<Row> found, List<Row> expected) {
        int nll = 1 + 4 * Long.BYTES;
        assertThat(found).hasSize(3).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i).<String>getAs("key"))
                    .isEqualTo(expected.get(i).getAs("key"));
            ByteBuffer state = ByteBuffer.wrap(found.get(i).<byte[]>getAs("state"));
            ByteBuffer wanted = ByteBuffer.wrap(expected.get(i).<byte[]>getAs("state"));
            assertThat(state.getDouble(nll)).isCloseTo(wanted.getDouble(nll), within(1e-2));
            state.putDouble(nll, 0);
            wanted.putDouble(nll, 0);
            assertThat(state.array()).isEqualTo(wanted.array());
        }
    }

    /** What is told, to the digits that rounding leaves alone. */
    private static List<String> counts(String out) {
        return out.lines()
                .filter(line -> !line.contains("Written to"))
                .map(line -> line.replaceAll("\\.\\d+", ""))
                .filter(Objects::nonNull)
                .toList();
    }

    @Test
    void segmentsThatWouldCostMoreThanTheyAreWorthAreNotCut() throws IOException {
        run.write(rows());
        score("whole").succeeded();

        Command split = score("split", "--split-tokens", "" + (SHORTEST - 1)).succeeded();

        assertThat(split.err())
                .contains("--split-tokens 83: streams run unsplit, since a segment first runs 21 tokens of its history,"
                        + " and that may cost 25% of it; from 84 on it pays");
        assertThat(read("split", "key", "seq", "text")).hasSameSizeAs(read("whole", "key", "seq", "text"));
    }
}
