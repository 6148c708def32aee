package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From ordinary rows to verdicts on others, by a random tiny model. */
final class ScoreCalibrationTest {
    private static final int ROWS = 400;

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

        // Exact: so few rows are all kept. Each has itself beside it.
        double[] shares = again.stream()
                .mapToDouble(row -> row.<Double>getAs("s_p_value") * (ROWS + 1))
                .sorted()
                .toArray();
        assertThat(shares[0]).isEqualTo(2);
        assertThat(shares[ROWS - 1]).isEqualTo(ROWS + 1);
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
        // Nothing was begun with it.
        assertThat(Files.exists(folder.resolve("x.json"))).isFalse();
    }

    private String line(Path input, String... more) {
        Command command = run.command(input, options(new String[] {"--key", "key", "--order", "seq"}, more));
        assertThat(command.code()).as(command.err()).isEqualTo(2);
        return command.line();
    }
}
