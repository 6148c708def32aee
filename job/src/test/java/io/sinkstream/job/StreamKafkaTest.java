package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.ReadmeJava;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.state.CheckpointStates;
import io.sinkstream.streaming.KeyedStreams;
import io.sinkstream.streaming.StatefulSink;
import io.sinkstream.streaming.StreamOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code stream score} from Kafka to Kafka and to files, against {@code score} on the same topic. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamKafkaTest {
    /** The project's meaning of the same numbers: nats a token in fp32. */
    private static final double SAME = 1e-4;

    private Path folder;
    private Path model;
    private KafkaBroker broker;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        this.folder = folder;
        model = Streams.model(folder.resolve("model"));
        broker = KafkaBroker.start(folder.resolve("kafka"));
    }

    @AfterAll
    void close() {
        if (broker != null) {
            broker.close();
        }
    }

    private Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "28");
        options.put("--format", "kafka");
        return options;
    }

    private String[] from(String topic, String... more) {
        return Stream.concat(
                        Stream.of(
                                "--option",
                                "kafka.bootstrap.servers=" + broker.servers(),
                                "--option",
                                "subscribe=" + topic,
                                "--option",
                                "startingOffsets=earliest"),
                        Stream.of(more))
                .toArray(String[]::new);
    }

    private static List<KafkaBroker.Outgoing> rows(int keys, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> new KafkaBroker.Outgoing("key-" + i % keys, "row " + i + " é " + i * 7919 % 101))
                .toList();
    }

    @Test
    void toKafkaComesEachRowWithItsKeyAndItsNumbers() {
        broker.createTopic("in", 3);
        broker.createTopic("out", 2);
        String[] stream = from(
                "in",
                "--checkpoint",
                folder + "/to-kafka",
                "--output-format",
                "kafka",
                "--output-option",
                "kafka.bootstrap.servers=" + broker.servers(),
                "--output-option",
                "topic=out",
                "--rows-per-trigger",
                "30",
                "--trigger",
                "available-now");
        broker.sendCommitted("in", rows(7, 0, 60));
        broker.sendAborted("in", rows(7, 0, 10));
        Command.run(List.of("stream", "score"), options(), stream).succeeded();
        broker.sendCommitted("in", rows(7, 60, 100));
        Command.run(List.of("stream", "score"), options(), stream).succeeded();

        Command.run(options(), from("in", "--output", folder + "/batch")).succeeded();

        Map<String, Row> expected = Command.spark().read().parquet(folder + "/batch").collectAsList().stream()
                .collect(Collectors.toMap(row -> row.getAs("partition") + " " + row.getAs("offset"), row -> row));
        List<KafkaBroker.Message> found = broker.messages("out");
        assertThat(found).hasSize(100);
        for (KafkaBroker.Message message : found) {
            JsonObject value = JsonParser.parseString(message.value()).getAsJsonObject();
            Row row = expected.remove(value.get("partition") + " " + value.get("offset"));
            assertThat(row).as(message.value()).isNotNull();
            assertThat(message.key()).isEqualTo(row.getAs("key"));
            assertThat(value.get("text").getAsString()).isEqualTo(row.getAs("text"));
            assertThat(value.get("stream_tokens").getAsLong()).isEqualTo(row.<Long>getAs("stream_tokens"));
            assertThat(value.get("nll").getAsDouble())
                    .isCloseTo(row.<Double>getAs("nll"), within(SAME * row.<Integer>getAs("tokens")));
        }
        assertThat(expected).isEmpty();
    }

    @Test
    void theSameAsAnApi() throws Exception {
        broker.createTopic("api", 2);
        broker.send("api", rows(3, 0, 12));
        String checkpoint = folder + "/api-checkpoint";
        Dataset<Row> table = Command.spark()
                .readStream()
                .format("kafka")
                .option("kafka.bootstrap.servers", broker.servers())
                .option("subscribe", "api")
                .option("startingOffsets", "earliest")
                .load()
                .selectExpr("CAST(key AS STRING) AS key", "CAST(value AS STRING) AS text", "offset");
        SettingValues settings = SettingValues.of(Map.of("model", model.toString(), "key", "key", "order", "offset"));
        StreamOptions options = StreamOptions.from(KeyedOptions.scoring(settings), settings);

        StreamingQuery query = StatefulSink.writer(KeyedStreams.apply(table, options, checkpoint, null), "parquet")
                .option("checkpointLocation", checkpoint)
                .trigger(Trigger.AvailableNow())
                .start(folder + "/api-scored");
        query.awaitTermination();

        assertThat(Command.spark()
                        .read()
                        .parquet(folder + "/api-scored")
                        .where("error IS NULL AND nll > 0")
                        .count())
                .isEqualTo(12);
        assertThat(query.lastProgress().observedMetrics().get("sinkstream").<Long>getAs("rows"))
                .isEqualTo(12);
        assertThat(CheckpointStates.read(Command.spark(), checkpoint).count()).isEqualTo(3);
    }

    @Test
    void theReadmesStreamRuns() throws Exception {
        broker.createTopic("readme", 2);
        broker.send("readme", rows(3, 0, 12));
        String checkpoint = folder + "/readme-checkpoint";
        String scored = folder + "/readme-scored";
        Map<String, String> kafka = Map.of(
                "kafka.bootstrap.servers", broker.servers(), "subscribe", "readme", "startingOffsets", "earliest");

        Object query = ReadmeJava.that("readStream()")
                .with("/models/llama", model.toString())
                .with("/checkpoints/logs", checkpoint)
                .with("\"scored\"", "\"" + scored + "\"")
                .with("new StreamScorer()", "result = new StreamScorer()")
                .run(folder, Map.of("spark", Command.spark(), "kafka", kafka));
        try {
            ((StreamingQuery) query).processAllAvailable();
        } finally {
            ((StreamingQuery) query).stop();
        }

        assertThat(Command.spark()
                        .read()
                        .parquet(scored)
                        .where("error IS NULL AND nll > 0")
                        .count())
                .isEqualTo(12);
    }

    @Test
    void aPayloadOfJsonHasItsOwnColumns() {
        broker.createTopic("json", 1);
        broker.send(
                "json",
                List.of(
                        new KafkaBroker.Outgoing("a", "{\"at\": 5, \"line\": \"first\"}"),
                        new KafkaBroker.Outgoing("a", "no JSON"),
                        new KafkaBroker.Outgoing(null, "{\"at\": 6, \"line\": \"no key\"}"),
                        new KafkaBroker.Outgoing("a", "{\"at\": 7, \"line\": \"second\"}")));

        Command.run(
                        List.of("stream", "score"),
                        options(),
                        from(
                                "json",
                                "--schema",
                                "at BIGINT, line STRING",
                                "--order",
                                "at",
                                "--text",
                                "line",
                                "--checkpoint",
                                folder + "/json-checkpoint",
                                "--output",
                                folder + "/json-scored",
                                "--trigger",
                                "available-now"))
                .succeeded();

        List<Row> found = Command.spark()
                .read()
                .parquet(folder + "/json-scored")
                .orderBy("offset")
                .collectAsList();
        assertThat(found.stream().map(row -> row.<String>getAs("error")))
                .containsExactly(null, "the order is null", "the key is null", null);
        assertThat(found.get(3).<Long>getAs("stream_tokens")).isEqualTo(1 + "first\nsecond\n".length());
    }
}
