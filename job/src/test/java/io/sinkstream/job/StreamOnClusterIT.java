package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Driver;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.KafkaBroker.Message;
import io.sinkstream.harness.Kills;
import io.sinkstream.harness.StandaloneCluster;
import io.sinkstream.harness.Streams;
import io.sinkstream.harness.TopicStream;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code stream score} from Kafka on a cluster of Spark's own, whose parts are stopped, exchanged and killed: the driver, the
 * master, the workers and the executors are JVMs of their own.
 */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamOnClusterIT {
    private static final int KEYS = 12;

    private Path folder;
    private Path model;
    private KafkaBroker broker;
    private StandaloneCluster cluster;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        this.folder = folder;
        model = Streams.model(folder.resolve("model"));
        broker = KafkaBroker.start(folder);
        cluster = StandaloneCluster.start(InstalledSpark.ofThisBuild(), 2);
    }

    @AfterAll
    void close() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
        if (broker != null) {
            broker.close();
        }
        Command.spark().stop();
    }

    private TopicStream stream(String topic) throws Exception {
        return new TopicStream(cluster, broker, topic, model, folder.resolve(topic));
    }

    private void send(String topic, List<JsonObject> rows) {
        broker.send(topic, rows.stream().map(TopicStream::outgoing).toList());
    }

    private void assertSameAsBatch(TopicStream stream, List<JsonObject> rows) throws Exception {
        BatchScores.assertSame(
                stream.scored(),
                BatchScores.of(model, TopicStream.WINDOW, rows, folder.resolve("batch-" + rows.size())));
    }

    /** Kafka spreads the keys over its partitions, Spark over its own; the numbers are those of the batch job. */
    @Test
    void aStoppedStreamGoesOnOnOtherWorkers() throws Exception {
        List<JsonObject> rows = GrowingFolder.rows(KEYS, 60);
        broker.createTopic("rescaled", 4);
        send("rescaled", rows.subList(0, 500));
        assertThat(broker.ends("rescaled").values())
                .filteredOn(end -> end > 0)
                .as("partitions with rows; some may have no key")
                .hasSizeGreaterThan(1);
        try (TopicStream stream = stream("rescaled").with("--rows-per-trigger", "50")) {
            Driver first = stream.start();
            first.until(
                    "a later micro-batch is begun",
                    () -> stream.log().done() >= 1 && stream.log().isInMicroBatch());
            long begun = stream.log().begun();

            stream.terminate();

            assertThat(stream.log().done()).as("SIGTERM lets a micro-batch end").isBetween(begun, 9L);
            cluster.awaitNoExecutors();
            cluster.workers().get(0).stop();
            cluster.addWorker(2);
            send("rescaled", rows.subList(500, rows.size()));
            stream.start();
            stream.awaitAllRows();
            stream.terminate();

            assertSameAsBatch(stream, rows);
        }
    }

    @Test
    void killsCanNotBeToldFromTheScores() throws Exception {
        long seed = Long.getLong("kills.seed", new Random().nextLong());
        System.out.println("seed of the kills: " + seed + " (-Dkills.seed draws them again)");
        Random random = new Random(seed);

        Kills.Report report = new Kills(cluster, broker, model, folder.resolve("kills"))
                .run(Kills.victims(Kills.Victim.values().length, random), seed, Duration.ZERO);

        System.out.println(report);
    }

    /** A checkpoint that was begun with one model is not continued with another, in the same place or not. */
    @Test
    void aModelThatIsSwappedUnderTheCheckpointIsRefused() throws Exception {
        Path swapped = Streams.model(folder.resolve("swapped"));
        broker.createTopic("swap", 1);
        send("swap", GrowingFolder.rows(1, 1));
        try (TopicStream stream = stream("swap").with("--model", swapped.toString())) {
            stream.start();
            stream.awaitAllRows();
            stream.terminate();
            TinyModels.of(Shape.llama()).seed(1).tokenizer(Prefix.BOS).write(swapped);

            Driver.Ended ended = stream.start().await();

            assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(2);
            assertThat(ended.said())
                    .singleElement()
                    .asString()
                    .contains("--model: " + swapped + " is not the model and tokenizer that the checkpoint");
        }
    }

    @Test
    void aTopicThatVanishesEndsTheStreamInOneLine() throws Exception {
        broker.createTopic("vanishing", 2);
        send("vanishing", GrowingFolder.rows(4, 5));
        try (TopicStream stream = stream("vanishing")) {
            Driver driver = stream.start();
            stream.awaitAllRows();

            broker.deleteTopic("vanishing");

            Driver.Ended ended = driver.await();
            assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(1);
            // Spark logs each of its attempts with a trace. What the command says has none.
            assertThat(ended.said())
                    .last()
                    .asString()
                    .startsWith("sinkstream stream score failed: ")
                    .contains("UnknownTopicOrPartitionException");
        }
    }

    /** Kafka's sink writes a row again when its task runs again. Whoever reads it can leave out what has come before. */
    @Test
    void whatComesTwiceToKafkaIsTheSame() throws Exception {
        List<JsonObject> rows = GrowingFolder.rows(KEYS, 3000);
        broker.createTopic("said", 2);
        broker.createTopic("heard", 1);
        send("said", rows);
        try (TopicStream stream = stream("said").with("--partitions", "1").toTopic("heard")) {
            Driver driver = stream.start();
            driver.until("rows are heard", () -> broker.ends("heard").get(0) > 0);
            assertThat(stream.log().done())
                    .as("the first micro-batch is not done")
                    .isNegative();
            driver.kill();
            stream.start();
            stream.awaitAllRows();
            stream.terminate();
        }

        List<Message> messages = broker.messages("heard");
        assertThat(messages).as("some came twice").hasSizeGreaterThan(rows.size());
        Map<String, List<JsonObject>> heard = new HashMap<>();
        for (Message message : messages) {
            JsonObject row = JsonParser.parseString(message.value()).getAsJsonObject();
            List<JsonObject> stream = heard.computeIfAbsent(message.key(), key -> new ArrayList<>());
            int seq = row.get("seq").getAsInt();
            if (seq < stream.size()) {
                assertSameRow(row, stream.get(seq));
            } else {
                assertThat(seq).as("the next of " + message.key()).isEqualTo(stream.size());
                stream.add(row);
            }
        }
        assertThat(heard.values().stream().mapToInt(List::size).sum()).isEqualTo(rows.size());
    }

    private static void assertSameRow(JsonObject row, JsonObject other) {
        assertThat(row.keySet()).isEqualTo(other.keySet()).contains("nll");
        for (String column : List.of("key", "seq", "text", "partition", "offset", "tokens", "stream_tokens")) {
            assertThat(row.get(column)).as(column).isEqualTo(other.get(column));
        }
        assertThat(row.get("nll").getAsDouble())
                .isCloseTo(
                        other.get("nll").getAsDouble(),
                        within(BatchScores.SAME * row.get("tokens").getAsInt()));
    }
}
