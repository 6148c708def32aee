package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.sinkstream.harness.KafkaBroker.Message;
import io.sinkstream.harness.KafkaBroker.Outgoing;
import io.sinkstream.testing.TestSession;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Spark's connector reads and writes the broker that the other tests use. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KafkaBrokerTest {
    private static final List<Outgoing> ROWS = List.of(
            new Outgoing("a", "one"), new Outgoing("b", "zwei"), new Outgoing("a", "é"), new Outgoing("c", null));

    private SparkSession spark;
    private KafkaBroker broker;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        spark = TestSession.get();
        broker = KafkaBroker.start(folder);
    }

    @AfterAll
    void close() {
        if (broker != null) {
            broker.close();
        }
    }

    @Test
    void whatIsSentIsThereOnceAndInOrder() {
        broker.createTopic("sent", 3);

        broker.send("sent", ROWS);

        List<Message> messages = broker.messages("sent");
        assertThat(messages).extracting(Message::key, Message::value).containsExactlyInAnyOrder(pairs());
        assertThat(messages)
                .filteredOn(message -> message.key().equals("a"))
                .extracting(Message::value)
                .containsExactly("one", "é");
    }

    @Test
    void onlyCommittedRowsAreRead() throws Exception {
        broker.createTopic("transactions", 1);

        broker.sendCommitted("transactions", ROWS);
        broker.sendAborted("transactions", List.of(new Outgoing("a", "never")));
        broker.send("transactions", List.of(new Outgoing("a", "last")));

        assertThat(broker.messages("transactions"))
                .extracting(Message::value)
                .containsExactly("one", "zwei", "é", null, "last");
        assertThat(batch("transactions", Map.of("kafka.isolation.level", "read_committed"))
                        .count())
                .isEqualTo(5);
    }

    @Test
    void aBatchReadsAndWrites() {
        broker.createTopic("from", 2);
        broker.createTopic("to", 2);
        broker.send("from", ROWS);

        batch("from", Map.of())
                .select("key", "value")
                .write()
                .format("kafka")
                .options(options("to"))
                .save();

        assertThat(broker.messages("to"))
                .extracting(Message::key, Message::value)
                .containsExactlyInAnyOrder(pairs());
    }

    @Test
    void aStreamReadsWhatIsNewSinceItsCheckpoint(@TempDir Path checkpoint) throws Exception {
        broker.createTopic("stream", 2);
        broker.createTopic("copy", 1);
        broker.send("stream", ROWS);
        copyStream(checkpoint);
        broker.growTopic("stream", 3);
        broker.send("stream", List.of(new Outgoing("d", "later")));

        copyStream(checkpoint);

        assertThat(broker.messages("copy"))
                .extracting(Message::value)
                .hasSize(ROWS.size() + 1)
                .endsWith("later");
    }

    @Test
    void aDeletedTopicIsGone() {
        broker.createTopic("short", 1);
        broker.send("short", ROWS);
        broker.deleteTopic("short");

        broker.createTopic("short", 1);

        assertThat(broker.messages("short")).isEmpty();
    }

    private void copyStream(Path checkpoint) throws Exception {
        StreamingQuery query = spark.readStream()
                .format("kafka")
                .options(options("stream"))
                .option("subscribe", "stream")
                .option("startingOffsets", "earliest")
                .load()
                .select("key", "value")
                .writeStream()
                .format("kafka")
                .options(options("copy"))
                .option("checkpointLocation", checkpoint.toString())
                .trigger(Trigger.AvailableNow())
                .start();
        query.awaitTermination();
    }

    private Dataset<Row> batch(String topic, Map<String, String> more) {
        return spark.read()
                .format("kafka")
                .options(options(topic))
                .option("subscribe", topic)
                .options(more)
                .load();
    }

    private Map<String, String> options(String topic) {
        return Map.of("kafka.bootstrap.servers", broker.servers(), "topic", topic);
    }

    private static Tuple[] pairs() {
        return ROWS.stream().map(row -> tuple(row.key(), row.value())).toArray(Tuple[]::new);
    }
}
