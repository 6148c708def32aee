package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.sinkstream.harness.HaltingFileSystem.Moment;
import io.sinkstream.harness.KafkaBroker.Message;
import io.sinkstream.job.Sinkstream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A stream of files whose driver dies at a step of a micro-batch that is chosen, and the next one's at another, until all
 * were taken. Driver and tasks are one JVM, whose disk ({@link HaltingFileSystem}) ends it there. Nobody may be able to tell
 * that from what comes out.
 */
public final class PlacedKills {
    /**
     * The beginning of a stream, and then the life of a micro-batch, in their order. Of each pair of a file and its checksum
     * the file goes first.
     */
    public enum Step {
        CONTRACT_DRAFTED("rename .*/checkpoint/sinkstream\\.json", 1, false),
        CONTRACT_WRITTEN("rename .*/checkpoint/sinkstream\\.json", 1, true),
        QUERY_DRAFTED("rename .*/checkpoint/metadata", 1, false),
        QUERY_WRITTEN("rename .*/checkpoint/metadata", 1, true),
        OWNER_DRAFTED("rename .*/out/_sinkstream\\.json", 1, false),
        OWNER_WRITTEN("rename .*/out/_sinkstream\\.json", 1, true),
        INPUT_DRAFTED("rename .*/sources/\\d+/<input>(\\.compact)?", 1, false),
        INPUT_LOGGED("rename .*/sources/\\d+/<input>(\\.compact)?", 1, true),
        OFFSETS_DRAFTED("rename .*/offsets/<batch>", 1, false),
        OFFSETS_COPIED("copied .*/offsets/<batch>", 1, false),
        OFFSETS_WITHOUT_CHECKSUM("rename .*/offsets/\\.<batch>\\.crc", 1, false),
        OFFSETS_LOGGED("rename .*/offsets/\\.<batch>\\.crc", 1, true),
        /** The first task reads. */
        PLANNED("open .*/in/rows-0*<input>\\.json", 1, false),
        RESULTS_BEGUN("create .*/out/part-.*", 1, true),
        FIRST_STATE_DRAFTED("rename .*/state/.*\\.changelog", 1, false),
        FIRST_STATE_COPIED("copied .*/state/.*\\.changelog", 1, false),
        FIRST_STATE_UPLOADED("rename .*/state/.*\\.changelog", 1, true),
        RESULTS_WRITTEN("close .*/out/part-.*", 1, true),
        /** A task tells the driver how long its file is, last of all. */
        FIRST_TASK_COMMITS("status .*/out/part-.*", 1, true),
        LAST_STATE_UPLOADED("rename .*/state/.*\\.changelog", 2, true),
        LAST_TASK_COMMITS("status .*/out/part-.*", 2, true),
        SINK_DRAFTED("rename .*/_spark_metadata/<batch>(\\.compact)?", 1, false),
        SINK_COPIED("copied .*/_spark_metadata/<batch>(\\.compact)?", 1, false),
        SINK_WITHOUT_CHECKSUM("rename .*/_spark_metadata/\\.<batch>(\\.compact)?\\.crc", 1, false),
        SINK_LOGGED("rename .*/_spark_metadata/\\.<batch>(\\.compact)?\\.crc", 1, true),
        COMMIT_DRAFTED("rename .*/commits/<batch>", 1, false),
        COMMIT_COPIED("copied .*/commits/<batch>", 1, false),
        COMMIT_WITHOUT_CHECKSUM("rename .*/commits/\\.<batch>\\.crc", 1, false),
        COMMIT_LOGGED("rename .*/commits/\\.<batch>\\.crc", 1, true);

        private final String operation;
        private final int count;
        private final boolean isAfter;

        Step(String operation, int count, boolean isAfter) {
            this.operation = operation;
            this.count = count;
            this.isAfter = isAfter;
        }

        /** Those of a stream's first start, which come once. */
        public static List<Step> ofBeginning(Output output) {
            return Stream.of(values())
                    .filter(step -> step.compareTo(INPUT_DRAFTED) < 0)
                    .filter(step -> output != Output.KAFKA || !step.operation.contains("/out/"))
                    .toList();
        }

        /** Those of each micro-batch that goes there. */
        public static List<Step> of(Output output) {
            return Stream.of(values())
                    .filter(step -> step.compareTo(INPUT_DRAFTED) >= 0)
                    .filter(step -> output == Output.OBJECTS || !step.operation.startsWith("copied"))
                    .filter(step -> output != Output.KAFKA || !step.isOfSink())
                    .toList();
        }

        /** Whether a micro-batch that was begun comes to it again; what the sink's log has is not written again. */
        private boolean comesAgain(boolean isWritten) {
            return compareTo(PLANNED) >= 0 && !(isWritten && isOfSink());
        }

        private boolean isOfSink() {
            return operation.contains("/out/") || operation.contains("_spark_metadata");
        }

        /**
         * @param batch the micro-batch that is to be hit
         * @param input the last file that it takes, and the number under which the source notes it
         */
        private Moment moment(long batch, long input, boolean isBegun) {
            return new Moment(
                    isBegun || compareTo(PLANNED) < 0 ? "" : "rename .*/offsets/" + batch,
                    operation.replace("<batch>", "" + batch).replace("<input>", "" + input),
                    count,
                    isAfter);
        }
    }

    /** Where results go. */
    public enum Output {
        PARQUET,
        JSON,
        KAFKA,
        /** Parquet; checkpoint and output on a disk that renames as object stores do. */
        OBJECTS;

        private String format() {
            return this == OBJECTS ? "parquet" : name().toLowerCase(Locale.ROOT);
        }
    }

    /** One file a micro-batch, with rows for both partitions. */
    private static final int KEYS = 8;

    private static final int WINDOW = 12;
    private static final int NEW_TOKENS = 3;
    private static final int MINUTES = 5;
    private static final String SCHEMA = "key STRING, seq BIGINT, text STRING";

    /** One in so many kills hits the next driver while it does again what the one before left. */
    private static final int ONE_IN_AGAIN = 4;

    private final String command;
    private final Output output;
    private final KafkaBroker broker;
    private final Path model;
    private final Path folder;
    private List<JsonObject> rows;
    private int drivers;

    /**
     * A stream with an empty folder of its own.
     *
     * @param command {@code score} or {@code generate}
     * @param broker null for an output of files
     */
    public PlacedKills(String command, Output output, KafkaBroker broker, Path model, Path folder) {
        this.command = command;
        this.output = output;
        this.broker = broker;
        this.model = model;
        this.folder = folder;
    }

    /**
     * A driver's end.
     *
     * @param isAgain whether it was in a micro-batch that the driver before it had begun
     */
    public record Kill(Step step, boolean isAgain) {}

    /** Kills drivers at these steps, one after the other, and lets the last one come to its end. */
    public List<Kill> kill(List<Step> steps, Random random) throws IOException, InterruptedException {
        rows = GrowingFolder.rows(KEYS, steps.size() + 2);
        new GrowingFolder(folder.resolve("in")).add(rows, KEYS);
        if (output == Output.KAFKA) {
            broker.createTopic(topic(), 1);
        }
        QueryLog log = new QueryLog(folder.resolve("checkpoint"));
        Path sink = folder.resolve("out/_spark_metadata");
        List<Kill> kills = new ArrayList<>();
        for (Step step : steps) {
            boolean isAgain = log.isInMicroBatch()
                    && step.comesAgain(isLogged(sink, log.begun()))
                    && random.nextInt(ONE_IN_AGAIN) == 0;
            long batch = log.begun() + (isAgain ? 0 : 1);
            // Ahead of the micro-batches by each that died between its source's log and its own: the next one takes
            // both files.
            long input = log.planned() + (isAgain ? 0 : 1);
            int code = drive(step.moment(batch, input, isAgain));
            assertThat(code)
                    .as("%s of micro-batch %d, file %d, in %s: %s", step, batch, input, folder, said())
                    .isEqualTo(HaltingFileSystem.CODE);
            kills.add(new Kill(step, isAgain));
        }
        assertThat(drive(null)).as(said()).isZero();
        return kills;
    }

    private static boolean isLogged(Path sink, long batch) {
        return Files.exists(sink.resolve("" + batch)) || Files.exists(sink.resolve(batch + ".compact"));
    }

    private String topic() {
        return folder.getFileName().toString();
    }

    /** Runs one until it ends or is ended, at that moment if there is one, and returns its exit code. */
    private int drive(Moment moment) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // What Spark and DJL need of a JVM, this one has.
        line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.matches("-(Xmx|javaagent|agentlib).*"))
                .toList());
        line.add("-Xmx1g");
        line.addAll(InstalledSpark.SHORT_LIVED);
        line.add("-Dlog4j2.configurationFile=" + System.getProperty("log4j2.configurationFile"));
        line.add("-Dspark.master=local[1]");
        line.add("-Dspark.ui.enabled=false");
        line.add("-Dspark.driver.host=127.0.0.1");
        line.add("-Dspark.driver.bindAddress=127.0.0.1");
        line.add("-Dspark.local.dir=" + folder.resolve("local"));
        if (moment != null) {
            line.add("-Dspark.hadoop.fs.file.impl=" + HaltingFileSystem.class.getName());
            line.add("-D" + HaltingFileSystem.OPTION + "=" + moment);
            line.add("-D" + HaltingFileSystem.OBJECTS + "=" + (output == Output.OBJECTS));
        }
        line.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Sinkstream.class.getName(), "stream", command));
        options().forEach((option, value) -> line.addAll(List.of(option, value)));
        if (output == Output.KAFKA) {
            line.addAll(List.of("--output-option", "kafka.bootstrap.servers=" + broker.servers()));
            line.addAll(List.of("--output-option", "topic=" + topic()));
        }
        drivers++;
        Process driver = new ProcessBuilder(line)
                .redirectOutput(folder.resolve("driver-" + drivers + ".out").toFile())
                .redirectError(folder.resolve("driver-" + drivers + ".err").toFile())
                .start();
        try {
            if (!driver.waitFor(MINUTES, TimeUnit.MINUTES)) {
                throw new IllegalStateException("not within " + MINUTES + " minutes: " + said());
            }
            return driver.exitValue();
        } finally {
            driver.destroyForcibly();
        }
    }

    private String said() throws IOException {
        return Files.readString(folder.resolve("driver-" + drivers + ".err"));
    }

    private Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", folder.resolve("in").toString());
        options.put("--schema", SCHEMA);
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--option", "maxFilesPerTrigger=1");
        options.put("--partitions", "2");
        options.put("--trigger", "available-now");
        options.put("--checkpoint", folder.resolve("checkpoint").toString());
        if (command.equals("generate")) {
            options.put("--max-new-tokens", "" + NEW_TOKENS);
        }
        options.put("--output-format", output.format());
        if (output != Output.KAFKA) {
            options.put("--output", folder.resolve("out").toString());
        }
        return options;
    }

    /**
     * Checks that every row came out, once, with the numbers of the batch job, or of a stream that nothing happened to where
     * there is none.
     */
    public void assertNothingIsToBeSeen() throws IOException {
        if (command.equals("score")) {
            List<Row> expected = BatchScores.of(model, WINDOW, rows, folder);
            BatchScores.assertSame(found(expected.get(0).schema()), expected);
            return;
        }
        Command.run(
                        List.of("stream", command),
                        options(),
                        "--checkpoint",
                        folder + "/calm",
                        "--output-format",
                        "parquet",
                        "--output",
                        folder + "/expected")
                .succeeded();
        List<Row> expected = Command.spark()
                .read()
                .parquet(folder + "/expected")
                .sort("key", "seq")
                .collectAsList();
        List<Row> found = found(expected.get(0).schema());
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertSameContinuation(found.get(i), expected.get(i));
        }
    }

    private static void assertSameContinuation(Row row, Row other) {
        for (String column : List.of("key", "seq", "text", "continuation_tokens", "finish_reason", "stream_tokens")) {
            assertThat(row.<Object>getAs(column)).as(column).isEqualTo(other.getAs(column));
        }
        assertThat(row.<String>getAs("error")).isNull();
        assertThat(row.<Double>getAs("nll"))
                .isCloseTo(other.<Double>getAs("nll"), within(BatchScores.SAME * NEW_TOKENS));
    }

    /** What came out, by key and seq. Kafka's sink is at least once: of what came more than once, the first. */
    private List<Row> found(StructType schema) {
        var reader = Command.spark().read().schema(schema);
        if (output != Output.KAFKA) {
            return reader.format(output.format())
                    .load(folder.resolve("out").toString())
                    .sort("key", "seq")
                    .collectAsList();
        }
        List<String> values =
                broker.messages(topic()).stream().map(Message::value).toList();
        return reader.json(Command.spark().createDataset(values, Encoders.STRING()))
                .dropDuplicates("key", "seq")
                .sort("key", "seq")
                .collectAsList();
    }
}
