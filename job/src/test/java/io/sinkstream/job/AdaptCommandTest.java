package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code adapt}, from ordinary rows to alarms on others. */
final class AdaptCommandTest {
    private static final String[] SMALL = {"--context", "64", "--attention-sink-window-size", "60", "--validation", "0"
    };

    @TempDir
    private Path folder;

    /** So many streams of lines that only one program writes. */
    private Path write(String name, int seed, int streams, int rows, String... odd) throws IOException {
        Random random = new Random(seed);
        List<String> lines = new ArrayList<>();
        for (int stream = 0; stream < streams; stream++) {
            for (int i = 0; i < rows; i++) {
                lines.add(line(
                        seed + "-" + stream,
                        i,
                        i % 2 == 0
                                ? "pump " + random.nextInt(4) + " opened"
                                : String.format(Locale.ROOT, "pressure is %d", random.nextInt(10))));
            }
        }
        for (String text : odd) {
            lines.add(line("odd", lines.size(), text));
        }
        return Files.write(folder.resolve(name), lines);
    }

    private static String line(String key, int seq, String text) {
        return ScoreRun.row(key, seq, text).toString();
    }

    private Command adapt(Path input, String... more) {
        return Command.run(Stream.concat(
                        Stream.of(
                                "adapt",
                                "--input",
                                input.toString(),
                                "--key",
                                "key",
                                "--order",
                                "seq",
                                "--output",
                                folder.resolve("mine").toString()),
                        Stream.concat(Stream.of(SMALL), Stream.of(more)))
                .toArray(String[]::new));
    }

    @Test
    void ordinaryRowsMakeAModelAndACalibrationThatFindOddOnes() throws IOException {
        Command command = adapt(write("yesterday.jsonl", 1, 60, 12), "--steps", "40", "--learning-rate", "2e-3")
                .succeeded();
        assertThat(command.out())
                .contains("40 steps")
                .containsPattern("calibrated on [0-9]+ rows, of a fifth of the streams; written to "
                        + folder.resolve("mine") + "/calibration");

        Path today = write("today.jsonl", 2, 30, 12, "pressure is unknown: sensor broken", "pump 3 exploded");
        Command.run(
                        "score",
                        "--model",
                        folder.resolve("mine/model").toString(),
                        "--calibrate",
                        folder.resolve("mine/calibration").toString(),
                        "--alarm-rate",
                        "0.02",
                        "--attention-sink-window-size",
                        "60",
                        "--input",
                        today.toString(),
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--output",
                        folder.resolve("judged").toString())
                .succeeded();
        List<Row> judged = Command.spark()
                .read()
                .parquet(folder.resolve("judged").toString())
                .collectAsList();

        assertThat(judged).filteredOn(row -> row.getAs("key").equals("odd")).allMatch(row -> row.<Boolean>getAs("odd"));
        assertThat(judged)
                .filteredOn(row -> !row.getAs("key").equals("odd") && row.<Boolean>getAs("odd"))
                .hasSizeLessThan(30);
    }

    @Test
    void ofFewStreamsTheLastRowsAreKept() throws IOException {
        Path input = write("few.jsonl", 1, 2, 101);
        Command command = adapt(input, "--steps", "2").succeeded();

        assertThat(command.out()).contains("calibrated on 40 rows, the last fifth of each stream");

        assertThat(adapt(input, "--steps", "2").refusal())
                .endsWith("--output: " + folder.resolve("mine")
                        + " has a model and a calibration; remove it, or write somewhere else");
        // As if it had ended before.
        Path calibration = folder.resolve("mine/calibration");
        Files.delete(calibration);
        assertThat(adapt(input, "--steps", "3").refusal())
                .endsWith("--steps: the training in " + folder.resolve("mine")
                        + " was begun with 2, not 3; go on with that, or write somewhere else");
        assertThat(adapt(input, "--steps", "2").succeeded().out())
                .startsWith("the model is there: " + folder.resolve("mine") + "/model")
                .contains("calibrated on 40 rows");
        assertThat(calibration).exists();
    }

    @Test
    void rowsOfWhichNoneHasAKindMakeNoCalibration() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 101; i++) {
            lines.add("{\"key\":\"a\",\"seq\":" + i + ",\"text\":\"pump " + i + "\",\"host\":"
                    + (i < 80 ? "\"h\"" : "null") + "}");
        }
        Path input = Files.write(folder.resolve("kinds.jsonl"), lines);

        Command command = adapt(input, "--steps", "2", "--kind", "host");

        assertThat(command.code()).isEqualTo(2);
        assertThat(command.err().strip())
                .endsWith("none of the rows that are kept to calibrate on has a number and a kind, so that there is no"
                        + " calibration; the model is in " + folder.resolve("mine") + "/model");
        assertThat(folder.resolve("mine/calibration")).doesNotExist();
    }

    @Test
    void whatItCantDoIsRefusedInOneLine() throws IOException {
        Path input = write("few.jsonl", 1, 2, 20);

        assertThat(refusal(input, "hdfs:///mine")).contains("--output: hdfs:///mine is no local folder");
        assertThat(refusal(input, folder.resolve("x").toString()))
                .contains("--order is missing: of fewer than 50 streams the last rows of each are kept");
    }

    private static String refusal(Path input, String output) {
        Command command = Command.run("adapt", "--input", input.toString(), "--key", "key", "--output", output);
        assertThat(command.code()).isEqualTo(2);
        return command.line();
    }
}
