package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams, and windows of their rows, beside ordinary ones, by a random tiny model. */
final class StreamCalibrationTest {
    private static final int STREAMS = 60;
    private static final int WINDOW = 4;

    @TempDir
    private Path folder;

    private ScoreRun run;
    private Path ordinary;
    private Path streams;

    @BeforeEach
    void prepare() throws IOException {
        run = ScoreRun.in(folder);
        ordinary = folder.resolve("ordinary.json");
        streams = folder.resolve("streams");
    }

    /** Streams of three to twelve rows of random letters, all made alike; of each a third row is no good. */
    private static List<JsonObject> rows(int seed) {
        Random random = new Random(seed);
        List<JsonObject> rows = new ArrayList<>();
        for (int stream = 0; stream < STREAMS; stream++) {
            int count = 3 + random.nextInt(10);
            for (int i = 0; i < count; i++) {
                String text = random.ints(4 + random.nextInt(8), 'a', 'g')
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining());
                rows.add(ScoreRun.row(seed + "-" + stream, i, i == 2 ? null : text));
            }
        }
        return rows;
    }

    private String[] options(String... more) {
        return Stream.concat(Stream.of("--key", "key", "--order", "seq"), Arrays.stream(more))
                .toArray(String[]::new);
    }

    private Map<String, List<Row>> calibrated(String... more) throws IOException {
        String[] all = Stream.concat(Arrays.stream(more), Stream.of("--calibration-output", ordinary.toString()))
                .toArray(String[]::new);
        run.command(run.write(rows(1)), options(all)).succeeded();
        return good();
    }

    private Command judged(String... more) throws IOException {
        String[] all = Stream.concat(
                        Arrays.stream(more),
                        Stream.of("--calibrate", ordinary.toString(), "--stream-output", streams.toString()))
                .toArray(String[]::new);
        return run.command(run.write(rows(2)), options(all));
    }

    private Map<String, List<Row>> good() {
        return run.written("key", "seq").stream()
                .filter(row -> row.getAs("error") == null)
                .collect(Collectors.groupingBy(row -> row.getAs("key")));
    }

    private List<Row> table() {
        return Command.spark().read().parquet(streams.toString()).collectAsList();
    }

    private static double surprise(Row row) {
        return Math.log(row.<Double>getAs("perplexity"));
    }

    private static double largest(List<Row> rows) {
        return rows.stream().mapToDouble(StreamCalibrationTest::surprise).max().orElseThrow();
    }

    private static double perplexity(List<Row> rows) {
        return rows.get(rows.size() - 1).<Double>getAs("stream_perplexity");
    }

    private static ToDoubleFunction<List<Row>> number(String by) {
        return by.equals("largest") ? StreamCalibrationTest::largest : StreamCalibrationTest::perplexity;
    }

    private static double pValue(List<Double> others, double own) {
        return (1.0 + others.stream().filter(other -> other >= own).count()) / (others.size() + 1);
    }

    /** Passes of other rows give other bits, by which two that are alike may change places. */
    private static final double A_PLACE = 1.01 / (STREAMS + 1);

    @ParameterizedTest
    @CsvSource({"largest,", "perplexity,", "largest,--split-tokens"})
    void streamsStandBesideOrdinaryStreams(String by, String split) throws IOException {
        String[] cut = split == null
                ? new String[] {"--odd-streams-by", by}
                : new String[] {
                    "--odd-streams-by",
                    by,
                    split,
                    "400",
                    "--attention-sink-size",
                    "2",
                    "--attention-sink-window-size",
                    "6"
                };
        List<Double> others = calibrated(cut).values().stream()
                .map(rows -> number(by).applyAsDouble(rows))
                .toList();
        assertThat(others).hasSize(STREAMS);

        Command command = judged(Stream.concat(Arrays.stream(cut), Stream.of("--alarm-rate", "0.1"))
                        .toArray(String[]::new))
                .succeeded();

        Map<String, List<Row>> good = good();
        List<Row> found = table();
        assertThat(found).hasSize(STREAMS);
        for (Row stream : found) {
            List<Row> own = good.get(stream.getString(0));
            assertThat(stream.<Double>getAs("p_value"))
                    .isCloseTo(pValue(others, number(by).applyAsDouble(own)), within(A_PLACE));
            assertThat(stream.<Boolean>getAs("odd")).isEqualTo(stream.<Double>getAs("p_value") <= 0.1);
            assertThat(stream.<Long>getAs("rows")).isEqualTo(own.size());
        }
        // Both halves are streams of one kind: three standard deviations of both.
        assertThat(found.stream().filter(row -> row.<Boolean>getAs("odd")).count())
                .isLessThan((long) (0.1 * STREAMS + 3 * Math.sqrt(2 * 0.1 * STREAMS)));
        assertThat(run.written("key").get(0).schema().fieldNames())
                .doesNotContain("__sinkstream_surprise")
                .contains("p_value");
        // The table at the end knows the same.
        assertThat(command.out())
                .containsPattern("Oddest streams\n +key +tokens +p-value +perplexity\n +"
                        + found.get(0).getString(0) + " ");
    }

    @Test
    void windowsOfRowsStandBesideOneOfEachOrdinaryStream() throws IOException {
        String[] options = {"--odd-streams-by", "largest", "--window", "" + WINDOW};
        Map<String, List<Row>> before = calibrated(options);
        JsonObject file = JsonParser.parseString(Files.readString(ordinary)).getAsJsonObject();
        assertThat(file.get("calibration").getAsInt()).isEqualTo(2);
        assertThat(file.getAsJsonObject("streams").get("rows").getAsInt()).isEqualTo(STREAMS);
        assertThat(file.getAsJsonObject("streams").get("window").getAsInt()).isEqualTo(WINDOW);
        List<Double> all = before.values().stream()
                .flatMap(rows -> windows(rows).stream())
                .map(StreamCalibrationTest::largest)
                .toList();

        judged(options).succeeded();

        assertWindows(good(), table());
        for (Row window : table()) {
            List<Row> own = windows(good().get(window.getString(0))).get((int) (long) window.<Long>getAs("window"));
            // Those that were drawn are a sample of all: three standard deviations at a half.
            assertThat(window.<Double>getAs("p_value"))
                    .isCloseTo(pValue(all, largest(own)), within(3 * 0.5 / Math.sqrt(STREAMS) + A_PLACE));
        }
    }

    private static List<List<Row>> windows(List<Row> rows) {
        List<List<Row>> windows = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += WINDOW) {
            windows.add(rows.subList(from, Math.min(rows.size(), from + WINDOW)));
        }
        return windows;
    }

    private static void assertWindows(Map<String, List<Row>> good, List<Row> found) {
        assertThat(found)
                .hasSize(good.values().stream()
                        .mapToInt(rows -> windows(rows).size())
                        .sum());
        Map<String, List<Row>> byKey = found.stream().collect(Collectors.groupingBy(row -> row.getString(0)));
        byKey.forEach((key, windows) -> {
            windows.sort(Comparator.comparingLong(row -> row.<Long>getAs("window")));
            List<List<Row>> expected = windows(good.get(key));
            double smallest = windows.stream()
                    .mapToDouble(row -> row.<Double>getAs("p_value"))
                    .min()
                    .orElseThrow();
            for (int i = 0; i < expected.size(); i++) {
                Row window = windows.get(i);
                List<Row> own = expected.get(i);
                assertThat(window.<Long>getAs("window")).isEqualTo(i);
                assertThat(window.<Long>getAs("rows")).isEqualTo(own.size());
                assertThat(window.<Long>getAs("first")).isEqualTo(own.get(0).<Long>getAs("seq"));
                assertThat(window.<Long>getAs("last"))
                        .isEqualTo(own.get(own.size() - 1).<Long>getAs("seq"));
                double nll = own.stream()
                        .mapToDouble(row -> row.<Double>getAs("nll"))
                        .sum();
                int tokens = own.stream()
                        .mapToInt(row -> row.<Integer>getAs("tokens"))
                        .sum();
                assertThat(window.<Double>getAs("nll")).isCloseTo(nll, within(1e-9));
                assertThat(window.<Double>getAs("perplexity"))
                        .isCloseTo(Math.exp(nll / (tokens - (i == 0 ? 1 : 0))), within(1e-6));
                assertThat(window.<Double>getAs("stream_p_value")).isEqualTo(Math.min(1, smallest * windows.size()));
            }
        });
    }

    /** By Bonferroni's rule, for which there is nothing to calibrate but rows. */
    @Test
    void windowsAreJudgedByTheirRows() throws IOException {
        calibrated();
        judged("--window", "" + WINDOW).succeeded();

        Map<String, List<Row>> good = good();
        assertWindows(good, table());
        for (Row window : table()) {
            List<Row> own = windows(good.get(window.getString(0))).get((int) (long) window.<Long>getAs("window"));
            double smallest = own.stream()
                    .mapToDouble(row -> row.<Double>getAs("p_value"))
                    .min()
                    .orElseThrow();
            assertThat(window.<Double>getAs("p_value")).isEqualTo(Math.min(1, smallest * own.size()));
        }
    }

    @Test
    void whatDoesNotFitIsRefusedInOneLine() throws IOException {
        calibrated();
        assertThat(judged("--odd-streams-by", "perplexity").refusal())
                .endsWith("--calibrate: " + ordinary + " has no streams, and this run has --odd-streams-by perplexity;"
                        + " allowed is a calibration of the same");
        Files.delete(ordinary);
        calibrated("--odd-streams-by", "largest", "--window", "3");
        assertThat(judged("--odd-streams-by", "largest").refusal())
                .contains(" has streams with --odd-streams-by largest and --window 3, and this run has --odd-streams-by"
                        + " largest; ");
        assertThat(judged("--odd-streams-by", "largest", "--window", "3", "--alarm-rate", "0.01")
                        .refusal())
                .endsWith("--alarm-rate 0.01: no stream could be odd, as " + ordinary + " has 60 streams; allowed is at"
                        + " least 1 / (streams + 1), here 0.0164, or --odd-streams-by rows");
        judged("--alarm-rate", "0.01").succeeded();
        Path input = run.write(rows(1));
        assertThat(run.command(input, options("--window", "3")).refusal())
                .endsWith("--window 3 does nothing without --stream-output, which has a row for each window");
        assertThat(run.command(input, "--odd-streams-by", "perplexity", "--calibration-output", folder + "/x.json")
                        .refusal())
                .endsWith("--odd-streams-by perplexity needs --key, which names its streams");
        assertThat(run.command(input, options("--odd-streams-by", "perplexity")).refusal())
                .endsWith("--odd-streams-by does nothing without --calibrate or --calibration-output");
    }
}
