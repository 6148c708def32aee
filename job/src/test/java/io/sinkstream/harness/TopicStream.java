package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.harness.KafkaBroker.Outgoing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/**
 * One {@code stream score} of a Kafka topic, by one driver after the other over the same checkpoint. Closing it kills the
 * driver that still runs.
 */
public final class TopicStream implements AutoCloseable {
    /** Short, so that streams are soon longer than it. */
    public static final int WINDOW = 28;

    private final StandaloneCluster cluster;
    private final KafkaBroker broker;
    private final String topic;
    private final Path folder;
    private final Map<String, String> command = new LinkedHashMap<>();
    private final List<String> sinkOptions = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private int drivers;
    private Driver driver;

    /**
     * A stream whose topic exists and whose checkpoint and output do not.
     *
     * @param topic of rows as {@link #outgoing} makes them; also the name of the drivers' logs
     * @param folder for checkpoint and output
     */
    public TopicStream(StandaloneCluster cluster, KafkaBroker broker, String topic, Path model, Path folder)
            throws IOException {
        this.cluster = cluster;
        this.broker = broker;
        this.topic = topic;
        this.folder = Files.createDirectories(folder);
        command.put("--model", model.toString());
        command.put("--attention-sink-window-size", "" + WINDOW);
        command.put("--format", "kafka");
        command.put("--schema", "seq BIGINT, text STRING");
        command.put("--checkpoint", folder.resolve("checkpoint").toString());
        command.put("--output", folder.resolve("scored").toString());
        command.put("--partitions", "4");
    }

    /** A row as the topic has it: the key, and all else as JSON. */
    public static Outgoing outgoing(JsonObject row) {
        JsonObject value = row.deepCopy();
        return new Outgoing(value.remove("key").getAsString(), value.toString());
    }

    /** Sets an option of the command, for the drivers that are still to come. */
    public TopicStream with(String option, String value) {
        command.put(option, value);
        return this;
    }

    /** Writes to a topic of the same broker, and no files. */
    public TopicStream toTopic(String output) {
        command.remove("--output");
        command.put("--output-format", "kafka");
        sinkOptions.addAll(List.of("kafka.bootstrap.servers=" + broker.servers(), "topic=" + output));
        return this;
    }

    /** Sets Spark's configuration, for the drivers that are still to come. */
    TopicStream conf(String key, String value) {
        options.addAll(List.of("--conf", key + "=" + value));
        return this;
    }

    /** Starts a driver, which goes on where the one before it was. */
    public Driver start() throws IOException {
        List<String> arguments = new ArrayList<>(List.of("stream", "score"));
        command.forEach((option, value) -> arguments.addAll(List.of(option, value)));
        for (String source : List.of(
                "kafka.bootstrap.servers=" + broker.servers(),
                "subscribe=" + topic,
                "startingOffsets=earliest",
                "kafka.isolation.level=read_committed")) {
            arguments.addAll(List.of("--option", source));
        }
        sinkOptions.forEach(option -> arguments.addAll(List.of("--output-option", option)));
        driver = cluster.launch(topic + "-" + drivers++, folder, options, arguments);
        return driver;
    }

    /** The one that was started last. */
    Driver driver() {
        return driver;
    }

    /** How many drivers were started. */
    int drivers() {
        return drivers;
    }

    public QueryLog log() {
        return new QueryLog(Path.of(command.get("--checkpoint")));
    }

    /** Waits until all rows that were committed to the topic by now are scored. */
    public void awaitAllRows() throws InterruptedException {
        Map<Integer, Long> ends = broker.ends(topic);
        driver.until("all rows are scored", () -> {
            Map<Integer, Long> taken = log().taken(topic);
            return ends.entrySet().stream().allMatch(end -> taken.getOrDefault(end.getKey(), 0L) >= end.getValue());
        });
    }

    /** Ends the driver as a user does, who expects it to say how much it did, and nothing bad. */
    public Driver.Ended terminate() throws InterruptedException {
        Driver.Ended ended = driver.terminate();
        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        assertThat(ended.said()).last().asString().contains("micro-batches:");
        return ended;
    }

    /** What came out, by key and seq, as Spark reads it: files that no micro-batch has vouched for are not there. */
    public List<Row> scored() {
        return Command.spark()
                .read()
                .parquet(command.get("--output"))
                .sort("key", "seq")
                .collectAsList();
    }

    @Override
    public void close() {
        if (driver != null) {
            driver.close();
        }
    }
}
