package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log whose lines become others in its middle, by the built-in model: alarms come, and end where the calibration is renewed. */
final class RecalibrationTest {
    private static final int RENEWED = 60;

    @TempDir
    private Path folder;

    private final Random random = new Random(23);
    private GrowingFolder input;
    private Path ordinary;
    private int seq;

    @BeforeEach
    void calibrate() throws IOException {
        ordinary = folder.resolve("ordinary.json");
        Path rows = folder.resolve("ordinary.jsonl");
        Files.writeString(
                rows,
                String.join(
                        "\n",
                        rows(120, false).stream().map(JsonObject::toString).toList()));
        Command.run(
                        "score",
                        "--attention-sink-window-size",
                        "60",
                        "--input",
                        rows.toString(),
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--calibration-output",
                        ordinary.toString())
                .succeeded();
        input = new GrowingFolder(folder.resolve("in"));
    }

    /** Of two streams in turn. */
    private List<JsonObject> rows(int count, boolean isOfTheNewVersion) {
        List<JsonObject> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(ScoreRun.row(
                    "k" + i % 2,
                    seq++,
                    isOfTheNewVersion
                            ? random.ints(12, '!', '~')
                                    .mapToObj(Character::toString)
                                    .collect(Collectors.joining())
                            : "INFO Executor: Finished task " + random.nextInt(9) + ".0 in stage "
                                    + random.nextInt(9)));
        }
        return rows;
    }

    private Command run(String output, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--attention-sink-window-size", "60");
        options.put("--format", "json");
        options.put("--input", input.path().toString());
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--option", "maxFilesPerTrigger=1");
        options.put("--partitions", "1");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--checkpoint", folder + "/" + output + ".checkpoint");
        options.put("--output", folder + "/" + output);
        options.put("--trigger", "available-now");
        options.put("--calibrate", ordinary.toString());
        options.put("--alarm-rate", "0.05");
        return Command.run(List.of("stream", "score"), options, more);
    }

    /** Of the rows from {@code from} on, so many, how many are odd. */
    private long odd(String output, int from, int count) {
        List<Row> judged = Command.spark()
                .read()
                .parquet(folder + "/" + output)
                .sort("seq")
                .collectAsList();
        return judged.stream()
                .filter(row -> row.<Long>getAs("seq") >= from && row.<Long>getAs("seq") < from + count)
                .filter(row -> row.<Boolean>getAs("odd"))
                .count();
    }

    @Test
    void alarmsOfANewVersionEndWhereTheCalibrationIsRenewedThroughARestart() throws IOException {
        int first = seq;
        input.add(rows(90, false), 30);
        int changed = seq;
        input.add(rows(60, true), 30);
        String renew = "" + RENEWED;
        run("renewed", "--recalibrate", renew).succeeded();
        assertThat(run("renewed").refusal())
                .contains(
                        "--recalibrate: the checkpoint " + folder + "/renewed.checkpoint was begun with --recalibrate "
                                + RENEWED + ", --alarm-rate 0.05 and calibration ")
                .contains(", not without --recalibrate; go on so, or begin a new checkpoint");
        assertThat(run("renewed", "--recalibrate", "70").refusal()).contains(", not with --recalibrate 70");
        input.add(rows(240, true), 30);
        run("renewed", "--recalibrate", renew).succeeded();
        run("same").succeeded();

        // A first line of the new version may pass for one of the old.
        assertThat(odd("renewed", first, 90)).isLessThan(20);
        assertThat(odd("renewed", changed, 60)).isGreaterThan(50);
        assertThat(odd("renewed", changed + 200, 100)).isLessThan(20);
        assertThat(odd("same", changed, 300)).isGreaterThan(280);
        assertThat(run("same", "--recalibrate", renew).refusal())
                .contains("was begun without --recalibrate, not with --recalibrate 60");
    }
}
