package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From ordinary rows to verdicts on others, by a random tiny model. */
final class ScoreCalibrationTest {
    private static final int ROWS = 400;
    private static final String[] KEYED = {"--key", "key", "--order", "seq"};
    private static final List<String> LOGS = List.of("HDFS", "OpenSSH", "Spark", "Zookeeper");

    /** Lines of a piece of a log, and pieces. */
    private static final int PIECE = 10;

    private static final int PIECES = 60;

    @TempDir
    private Path folder;

    private ScoreRun run;
    private Path ordinary;

    @BeforeEach
    void calibrate() throws IOException {
        run = ScoreRun.in(folder);
        ordinary = folder.resolve("ordinary.json");
    }

    /** Rows of random letters, all made alike. */
    private static List<JsonObject> rows(int seed) {
        Random random = new Random(seed);
        List<JsonObject> rows = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            StringBuilder text = new StringBuilder();
            int length = 4 + random.nextInt(8);
            for (int j = 0; j < length; j++) {
                text.append((char) ('a' + random.nextInt(6)));
            }
            rows.add(ScoreRun.row("k" + i % 20, i, text.toString()));
        }
        return rows;
    }

    private List<Row> judged(String... more) throws IOException {
        run.score(run.write(rows(1)), options(more, "--calibration-output", ordinary.toString()));
        return run.score(run.write(rows(2)), options(more, "--calibrate", ordinary.toString(), "--alarm-rate", "0.1"));
    }

    private static String[] options(String[] some, String... more) {
        List<String> all = new ArrayList<>(List.of(some));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void alarmsOnOtherOrdinaryRowsAreNoMoreThanTheRate() throws IOException {
        List<Row> judged = judged();

        assertThat(judged).hasSize(ROWS).allSatisfy(row -> {
            assertThat(row.<Double>getAs("p_value")).isBetween(1.0 / (ROWS + 1), 1.0);
            assertThat(row.<Boolean>getAs("odd")).isEqualTo(row.<Double>getAs("p_value") <= 0.1);
        });
        double share = judged.stream().filter(row -> row.<Boolean>getAs("odd")).count() / (double) ROWS;
        // Three standard deviations of rows and of the calibration's own.
        assertThat(share).isBetween(0.02, 0.1 + 3 * Math.sqrt(2 * 0.1 / ROWS));
    }

    @Test
    void theRowsOfTheCalibrationHaveTheRanksThatTheyHaveAmongThemselves() throws IOException {
        Path input = run.write(rows(1));
        run.score(input, "--calibration-output", ordinary.toString());
        List<Row> again = run.score(input, "--calibrate", ordinary.toString(), "--prefix", "s_");

        // Exact: so few rows are all kept. Each has itself beside it, but for a last bit that another pass may change.
        double[] shares = again.stream()
                .mapToDouble(row -> row.<Double>getAs("s_p_value") * (ROWS + 1))
                .sorted()
                .toArray();
        assertThat(shares[0]).isCloseTo(2, within(1 + 1e-9));
        assertThat(shares[ROWS - 1]).isCloseTo(ROWS + 1, within(1 + 1e-9));
        assertThat(again.get(0).schema().fieldNames()).doesNotContain("s_odd");
    }

    @Test
    void aRowOfAKindThatWasNotCalibratedOnHasNoVerdict() throws IOException {
        run.score(run.write(rows(1)), "--calibration-output", ordinary.toString(), "--kind", "key");
        List<JsonObject> rows = rows(2);
        rows.add(ScoreRun.row("new", 1, "abc"));
        rows.add(ScoreRun.row("k1", ROWS + 1, null));
        List<Row> judged = run.score(run.write(rows), "--calibrate", ordinary.toString(), "--kind", "key");

        assertThat(judged).allSatisfy(row -> assertThat(row.isNullAt(row.fieldIndex("p_value")))
                .isEqualTo(row.getAs("key").equals("new") || row.getAs("error") != null));
        assertThat(judged)
                .filteredOn(row -> !row.isNullAt(row.fieldIndex("p_value")))
                .hasSize(ROWS);
    }

    @Test
    void segmentsOfAStreamAreJudgedAsTheWhole() throws IOException {
        Random random = new Random(5);
        List<JsonObject> stream = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            stream.add(ScoreRun.row("long", i, "x".repeat(1 + random.nextInt(9)) + random.nextInt(99)));
        }
        Path input = run.write(stream);
        String[] small = {"--attention-sink-size", "2", "--attention-sink-window-size", "6"};
        run.score(input, options(small, "--calibration-output", ordinary.toString()));
        List<Row> whole = run.score(input, options(small, "--calibrate", ordinary.toString()));

        // Overwritten by the rows of segments, and read by others.
        run.score(
                input,
                options(
                        small,
                        "--calibration-output",
                        folder.resolve("cut.json").toString(),
                        "--split-tokens",
                        "400"));
        List<Row> cut = run.score(
                input, options(small, "--calibrate", folder.resolve("cut.json").toString(), "--split-tokens", "400"));

        // Numbers are the same to 1e-4 nats, by which rows may change places with their neighbours.
        assertThat(pValues(whole)).doesNotContainNull().hasSize(150);
        assertThat(pValues(cut))
                .usingElementComparator((a, b) -> Math.abs(a - b) < 3 / 151.0 ? 0 : 1)
                .isEqualTo(pValues(whole));
        assertThat(line(
                        input,
                        options(
                                small,
                                "--calibration-output",
                                folder + "/x.json",
                                "--odd-by",
                                "level",
                                "--split-tokens",
                                "400")))
                .contains("--odd-by level is how surprising a row is beside its stream so far")
                .endsWith("leave out --split-tokens, or give another --odd-by");
    }

    private static List<Double> pValues(List<Row> rows) {
        return rows.stream().map(row -> row.<Double>getAs("p_value")).toList();
    }

    /**
     * Lines of programs that the built-in model hardly knows. A log is cut into pieces, streams of their own, of which every other one by
     * chance is calibrated on: so they can't be told from the rest, though lines of a piece are alike.
     */
    @Test
    void alarmsOnOrdinaryLinesOfFourLogsAreNoMoreThanTheRate() throws IOException {
        Random random = new Random(23);
        List<JsonObject> ordinaryLines = new ArrayList<>();
        List<JsonObject> others = new ArrayList<>();
        for (String log : LOGS) {
            List<String> lines = Files.readAllLines(
                    Shared.require("data/logs").resolve(log + "_2k.log"), StandardCharsets.ISO_8859_1);
            List<Boolean> isCalibrated = new ArrayList<>();
            for (int piece = 0; piece < PIECES; piece++) {
                isCalibrated.add(piece % 2 == 0);
            }
            Collections.shuffle(isCalibrated, random);
            for (int i = 0; i < PIECES * PIECE; i++) {
                JsonObject row = ScoreRun.row(log + i / PIECE, i, lines.get(i));
                row.addProperty("log", log);
                (isCalibrated.get(i / PIECE) ? ordinaryLines : others).add(row);
            }
        }
        String[] builtin = {"--model", "builtin", "--attention-sink-window-size", "252", "--kind", "log"};
        run.score(run.write(ordinaryLines), options(builtin, "--calibration-output", ordinary.toString()));
        List<Row> judged = run.score(
                run.write(others), options(builtin, "--calibrate", ordinary.toString(), "--alarm-rate", "0.05"));

        for (String log : LOGS) {
            List<Row> rows =
                    judged.stream().filter(row -> log.equals(row.getAs("log"))).toList();
            double share =
                    rows.stream().filter(row -> row.<Boolean>getAs("odd")).count() / (double) rows.size();
            // As if the lines of a piece came in threes that are alike; both halves have chance of their own.
            double deviation = Math.sqrt(2 * 3 * 0.05 / rows.size());
            assertThat(share).as(log).isLessThan(0.05 + 3 * deviation);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--split-tokens"})
    void streamsAreJudgedByTheirRows(String split) throws IOException {
        List<JsonObject> rows = new ArrayList<>(rows(2));
        Random random = new Random(9);
        for (int i = 0; i < 60; i++) {
            rows.add(ScoreRun.row(
                    "long",
                    i,
                    random.ints(9, 'a', 'g').mapToObj(Character::toString).collect(Collectors.joining())));
        }
        rows.add(ScoreRun.row("bad", 1, null));
        String[] more = split.isEmpty() ? new String[0] : new String[] {split, "400"};
        String[] small =
                options(more, "--attention-sink-size", "2", "--attention-sink-window-size", "6", "--prefix", "s_");
        run.score(run.write(rows(1)), options(small, "--calibration-output", ordinary.toString()));
        Path streams = folder.resolve("streams");
        Command command = run.command(
                run.write(rows),
                options(
                        options(KEYED, small),
                        "--calibrate",
                        ordinary.toString(),
                        "--alarm-rate",
                        "0.2",
                        "--stream-output",
                        streams.toString()));
        command.succeeded();

        Map<String, List<Row>> byKey = ScoreRun.byKey(run.written("key", "seq"));
        List<Row> found = Command.spark().read().parquet(streams.toString()).collectAsList();
        assertThat(found)
                .extracting(row -> row.getString(0))
                .doesNotContain("bad")
                .hasSize(21);
        assertThat(found).extracting(row -> row.<Double>getAs("p_value")).isSorted();
        for (Row stream : found) {
            List<Row> own = byKey.get(stream.getString(0));
            double smallest = own.stream()
                    .mapToDouble(row -> row.<Double>getAs("s_p_value"))
                    .min()
                    .orElseThrow();
            assertThat(stream.<Double>getAs("p_value")).isEqualTo(Math.min(1, smallest * own.size()));
            assertThat(stream.<Boolean>getAs("odd")).isEqualTo(stream.<Double>getAs("p_value") <= 0.2);
            assertThat(stream.<Long>getAs("rows")).isEqualTo(own.size());
            assertThat(stream.<Long>getAs("tokens"))
                    .isEqualTo(own.get(own.size() - 1).<Long>getAs("s_stream_tokens"));
            assertThat(stream.<Double>getAs("nll"))
                    .isCloseTo(
                            own.stream()
                                    .mapToDouble(row -> row.<Double>getAs("s_nll"))
                                    .sum(),
                            within(1e-6));
            assertThat(stream.<Double>getAs("perplexity"))
                    .isEqualTo(own.get(own.size() - 1).<Double>getAs("s_stream_perplexity"));
        }
        // The table at the end knows the same.
        Row oddest = found.get(0);
        assertThat(command.out())
                .containsPattern("Oddest streams\n +key +tokens +p-value +perplexity\n +" + oddest.getString(0) + " ")
                .contains("Oddest rows\n");
    }

    @Test
    void streamsNeedAKey() throws IOException {
        Command command = run.command(run.write(rows(1)), "--stream-output", folder + "/streams");

        assertThat(command.code()).isEqualTo(2);
        assertThat(command.line()).contains("--stream-output needs --key, which names its streams");
    }

    @Test
    void rowsWithoutOrdinaryOnesAreTold() throws IOException {
        run.score(run.write(rows(1)), "--calibration-output", ordinary.toString(), "--kind", "key");
        List<JsonObject> rows = rows(2);
        rows.add(ScoreRun.row("new", 1, "abc"));
        Command command = run.command(
                run.write(rows),
                options(KEYED, "--calibrate", ordinary.toString(), "--kind", "key", "--alarm-rate", "0.05"));

        assertThat(command.succeeded().out())
                .containsPattern("judged by ordinary rows +" + ROWS)
                .containsPattern("without ordinary rows of their kind +1\n");
        assertThat(command.err()).doesNotContain("no row of these kinds");
    }

    @Test
    void nothingToCalibrateOnIsTold() throws IOException {
        Path input = run.write(List.of(ScoreRun.row("a", 1, null)));

        Command command = run.command(input, options(KEYED, "--calibration-output", ordinary.toString()));

        assertThat(command.code()).isEqualTo(2);
        assertThat(command.err().strip())
                .endsWith(
                        "--calibration-output: no row has a number and a kind, so that there is nothing to calibrate on;"
                                + " nothing was written to " + ordinary);
        assertThat(Files.exists(ordinary)).isFalse();
    }

    @Test
    void whatDoesNotFitIsRefusedInOneLine() throws IOException {
        Path input = run.write(rows(1));
        run.score(input, "--calibration-output", ordinary.toString());

        assertThat(line(input, "--calibrate", ordinary.toString(), "--separator", ""))
                .contains("--calibrate: " + ordinary + " was made with --separator \"\\n\", and this run has \"\"");
        assertThat(line(input, "--calibrate", ordinary.toString(), "--attention-sink-size", "2"))
                .contains("was made with --attention-sink-size 4, and this run has 2");
        assertThat(line(input, "--calibrate", folder + "/none.json"))
                .contains("--calibrate: " + folder + "/none.json can't be read");
        assertThat(line(input, "--calibration-output", folder + "/x.json", "--kind", "host"))
                .contains("--kind: the input has no column host; it has key, seq, text");
        assertThat(line(input, "--calibrate", ordinary.toString(), "--calibration-output", ordinary.toString()))
                .contains("--calibration-output", ordinary.toString(), "--calibrate");
        // Nothing was begun with it.
        assertThat(Files.exists(folder.resolve("x.json"))).isFalse();
    }

    private String line(Path input, String... more) {
        Command command = run.command(input, options(KEYED, more));
        assertThat(command.code()).as(command.err()).isEqualTo(2);
        return command.line();
    }
}
