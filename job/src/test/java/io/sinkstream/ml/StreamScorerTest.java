package io.sinkstream.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.harness.Command;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way in from code: one line for a table, endless or not, and nothing changed in the session that it comes from. */
class StreamScorerTest {
    private static final String SCHEMA = "host STRING, seq BIGINT, line STRING";

    @TempDir
    Path folder;

    private SparkSession spark;

    @BeforeEach
    void write() throws IOException {
        spark = TestSession.get();
        Files.createDirectories(folder.resolve("in"));
        Files.writeString(
                folder.resolve("in/rows.json"),
                """
                {"host":"a","seq":1,"line":"INFO SparkContext: Running Spark version"}
                {"host":"b","seq":1,"line":"INFO KafkaServer started"}
                {"host":"a","seq":2,"line":"INFO SparkContext: Submitted application"}
                {"host":"a","seq":2,"line":"twice"}
                """);
    }

    private static StreamScorer scorer() {
        return new StreamScorer()
                // In 16 bits the digits that are compared depend on what shares a pass.
                .set("dtype", "float32")
                .setKeyCol("host")
                .setOrderCol("seq")
                .setInputCol("line")
                .set("attention-sink-window-size", "60");
    }

    private Dataset<Row> batch() {
        return spark.read().schema(SCHEMA).json(folder.resolve("in").toString());
    }

    private Dataset<Row> streaming() {
        return spark.readStream().schema(SCHEMA).json(folder.resolve("in").toString());
    }

    private StreamingQuery start(Dataset<Row> scored, String name) throws Exception {
        return scored.writeStream()
                .format("parquet")
                .option("checkpointLocation", folder.resolve(name).toString())
                .option("path", folder.resolve(name + ".out").toString())
                .trigger(Trigger.AvailableNow())
                .start();
    }

    private static List<String> numbers(Dataset<Row> scored) {
        return scored
                .selectExpr("host", "seq", "tokens", "round(nll, 3)", "stream_tokens", "error")
                .orderBy("host", "seq", "tokens")
                .collectAsList()
                .stream()
                .map(Row::toString)
                .toList();
    }

    private long statePartitions(String name) throws IOException {
        try (Stream<Path> partitions = Files.list(folder.resolve(name).resolve("state/0"))) {
            return partitions
                    .filter(path -> path.getFileName().toString().matches("\\d+"))
                    .count();
        }
    }

    @Test
    void aTableAndAnEndlessOneGetTheSameNumbers() throws Exception {
        List<String> batch = numbers(scorer().transform(batch()));

        start(scorer().setCheckpoint(folder.resolve("state").toString()).transform(streaming()), "state")
                .awaitTermination();

        assertThat(batch).hasSize(4).anyMatch(row -> row.contains("late: the order 2 is not above the stream's last"));
        assertThat(numbers(spark.read().parquet(folder.resolve("state.out").toString())))
                .isEqualTo(batch);
    }

    @Test
    void whatIsKnownOfTokensIsAlikeToo() throws Exception {
        StreamScorer scorer = scorer().set("dtype", "float32")
                .set("token-rank", "true")
                .set("entropy", "true")
                .set("top-logprobs", "4");
        List<String> batch = tokens(scorer.transform(batch()));

        start(scorer.setCheckpoint(folder.resolve("state").toString()).transform(streaming()), "state")
                .awaitTermination();

        assertThat(batch)
                .hasSize(4)
                .filteredOn(row -> row.contains("null,null,null"))
                .hasSize(1);
        assertThat(batch.get(0)).contains("ArraySeq(null, ArraySeq(");
        assertThat(tokens(spark.read().parquet(folder.resolve("state.out").toString())))
                .isEqualTo(batch);
    }

    @Test
    void aCalibrationJudgesBothAlike() throws Exception {
        Path ordinary = folder.resolve("ordinary.json");
        Path others = Files.writeString(
                folder.resolve("others.json"),
                """
                {"host":"x","seq":1,"line":"WARN TaskSetManager: Lost task 0.0"}
                {"host":"y","seq":1,"line":"INFO KafkaServer stopped"}
                {"host":"z","seq":1,"line":"%$! zebra"}
                """);
        Command.run(
                        "score",
                        "--input",
                        others.toString(),
                        "--key",
                        "host",
                        "--order",
                        "seq",
                        "--text",
                        "line",
                        "--attention-sink-window-size",
                        "60",
                        "--calibration-output",
                        ordinary.toString())
                .succeeded();
        StreamScorer scorer = scorer().set("calibrate", ordinary.toString()).set("alarm-rate", "0.5");
        List<String> batch = verdicts(scorer.transform(batch()));

        start(scorer.setCheckpoint(folder.resolve("state").toString()).transform(streaming()), "state")
                .awaitTermination();

        // The row that is late has none.
        assertThat(batch).hasSize(4).contains("a 2 null null");
        assertThat(batch)
                .filteredOn(row -> row.matches("[ab] [12] (0.25 true|0.5 true|0.75 false|1.0 false)"))
                .hasSize(3);
        assertThat(verdicts(spark.read().parquet(folder.resolve("state.out").toString())))
                .isEqualTo(batch);
    }

    private static List<String> verdicts(Dataset<Row> judged) {
        return judged
                .selectExpr(
                        "concat_ws(' ', host, seq, coalesce(string(p_value), 'null'), coalesce(string(odd), 'null'))")
                .collectAsList()
                .stream()
                .map(row -> row.getString(0))
                .sorted()
                .toList();
    }

    private static List<String> tokens(Dataset<Row> scored) {
        return scored
                .selectExpr(
                        "host",
                        "seq",
                        "token_rank",
                        "transform(top_logprobs, t -> transform(t, l -> l.token))",
                        "transform(token_entropy, e -> round(e, 3))")
                .orderBy("host", "seq", "token_rank")
                .collectAsList()
                .stream()
                .map(Row::toString)
                .toList();
    }

    @Test
    void turnsOfATableAndOfAnEndlessOneAreContinuedAlike() throws Exception {
        StreamGenerator generator = new StreamGenerator()
                .setKeyCol("host")
                .setOrderCol("seq")
                .setInputCol("line")
                .set("attention-sink-window-size", "60")
                .set("max-new-tokens", "8")
                .set("dtype", "float32")
                .set("do-sample", "true");
        List<String> batch = continued(generator.transform(batch()));

        start(generator.setCheckpoint(folder.resolve("state").toString()).transform(streaming()), "state")
                .awaitTermination();

        assertThat(batch).hasSize(4);
        assertThat(continued(spark.read().parquet(folder.resolve("state.out").toString())))
                .isEqualTo(batch);
    }

    private static List<String> continued(Dataset<Row> rows) {
        return rows
                .selectExpr(
                        "host",
                        "seq",
                        "continuation",
                        "CAST(continuation_tokens AS STRING)",
                        "stream_tokens",
                        "error is null")
                .orderBy("host", "seq", "stream_tokens")
                .collectAsList()
                .stream()
                .map(Row::toString)
                .toList();
    }

    @Test
    void pipelinesThatAreBuiltBeforeEitherStartsKeepTheirOwnSettings() throws Exception {
        Map<String, String> before = Map.copyOf(settings());

        Dataset<Row> one = scorer().set("partitions", "1").transform(streaming());
        Dataset<Row> three = scorer().set("partitions", "3").transform(streaming());
        assertThat(settings()).isEqualTo(before);
        start(one, "one").awaitTermination();
        start(three, "three").awaitTermination();

        assertThat(settings()).isEqualTo(before);
        assertThat(statePartitions("one")).isEqualTo(1);
        assertThat(statePartitions("three")).isEqualTo(3);
    }

    private Map<String, String> settings() {
        return scala.jdk.javaapi.CollectionConverters.asJava(spark.conf().getAll());
    }

    @Test
    void whatWouldBeIgnoredIsRefused() {
        assertThatThrownBy(() -> scorer().set("output", "x")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> scorer().set("attention-sink-sise", "4"))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith(
                        "attention-sink-sise: is no setting of this; the nearest is attention-sink-size,"
                                + " and there are alarm-rate, attention-sink-size, ");
        assertThatThrownBy(() -> scorer().set("late", "never")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> scorer().set("idle", "1h").transform(batch()))
                .isInstanceOf(UserException.class)
                .hasMessage("--idle is for a streaming table, and this one is none");
        assertThatThrownBy(() -> new StreamGenerator().set("top-p", "0")).isInstanceOf(UserException.class);
    }
}
