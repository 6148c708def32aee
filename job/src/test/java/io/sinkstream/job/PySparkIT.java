package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Documents;
import io.sinkstream.harness.Driver;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.Ports;
import io.sinkstream.harness.PySpark;
import io.sinkstream.harness.SameRows;
import io.sinkstream.harness.StandaloneCluster;
import io.sinkstream.ml.StreamGenerator;
import io.sinkstream.ml.StreamScorer;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * PySpark from PyPI with the shaded jar and the zipped module: Java's numbers, and no Python on executors. The classic one is the driver
 * of a master and two workers, the server of Spark Connect is local.
 */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PySparkIT {
    private static final Duration SERVER_STARTS = Duration.ofMinutes(2);
    private static final String SCHEMA = "id INT, host STRING, time INT, text STRING";

    private PySpark python;
    private StandaloneCluster cluster;
    private Path folder;
    private SparkSession spark;
    private Dataset<Row> logs;

    @BeforeAll
    void write(@TempDir Path folder) throws Exception {
        python = PySpark.require();
        cluster = StandaloneCluster.start(InstalledSpark.ofThisBuild(), 2);
        this.folder = folder;
        spark = TestSession.get();
        Files.createDirectories(folder.resolve("in"));
        Files.writeString(
                folder.resolve("in/logs.json"),
                """
                {"id": 1, "host": "a", "time": 1, "text": "INFO SparkContext: Running Spark version 4.0.1"}
                {"id": 2, "host": "b", "time": 1, "text": "INFO KafkaServer started: grüße"}
                {"id": 3, "host": "a", "time": 2, "text": "INFO SparkContext: Submitted application"}
                {"id": 4, "host": "b", "time": 7}
                """);
        logs = spark.read().schema(SCHEMA).json(folder.resolve("in").toString());
    }

    @AfterAll
    void close() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static StreamScorer scorer() {
        return new StreamScorer()
                .setKeyCol("host")
                .setOrderCol("time")
                .set("dtype", "float32")
                .set("attention-sink-window-size", "60")
                .set("token-nll", "true");
    }

    private static StreamGenerator generator() {
        return new StreamGenerator()
                .setKeyCol("host")
                .setOrderCol("time")
                .setPrefix("x_")
                .set("dtype", "float32")
                .set("max-new-tokens", "4");
    }

    private Dataset<Row> written(String name) {
        return spark.read().parquet(folder.resolve(name).toString());
    }

    private List<String> submit(String script, String... arguments) {
        List<String> all = new ArrayList<>(cluster.options(List.of(
                "--py-files",
                python.project().resolve("job/target/sinkstream-python.zip").toString(),
                script)));
        all.addAll(List.of(arguments));
        return python.submit(all);
    }

    @Test
    void classicPySparkGivesJavasNumbers() throws Exception {
        PipelineModel ofJava = new Pipeline()
                .setStages(new PipelineStage[] {
                    scorer(), new SQLTransformer().setStatement("SELECT *, nll / tokens AS surprise FROM __THIS__")
                })
                .fit(logs);
        ofJava.write().save(folder.resolve("java-pipeline").toString());
        Path project = python.project();

        // The documents' paths start at the clone, and what its snippets write is not to stay there.
        Path home = Files.createDirectories(folder.resolve("home/incoming")).getParent();
        Files.createSymbolicLink(home.resolve("job"), project.resolve("job"));
        Files.writeString(home.resolve("incoming/a.json"), "{\"key\": \"a\", \"seq\": 1, \"text\": \"INFO started\"}");

        Instant start = Instant.now();
        Driver.Ended ended = python.run(
                "pyspark-classic",
                home,
                submit(
                        project.resolve("job/src/test/python/classic.py").toString(),
                        folder.toString(),
                        Files.writeString(folder.resolve("documents.md"), Documents.text())
                                .toString()),
                Map.of());

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        // Both workers had a part.
        assertThat(cluster.logsSince(start)).hasSize(2);
        SameRows.assertSame(written("functions"), functionsOfJava());
        Dataset<Row> scored = scorer().transform(logs);
        SameRows.assertSame(written("table"), scored);
        SameRows.assertSame(written("scorer"), scored);
        SameRows.assertSame(written("stream"), scored);
        // As it reads when it was written: in Parquet any array can hold nulls.
        generator()
                .transform(logs)
                .write()
                .parquet(folder.resolve("generator-of-java").toString());
        SameRows.assertSame(written("generator"), written("generator-of-java"));
        Dataset<Row> surprise = ofJava.transform(logs);
        SameRows.assertSame(written("java-pipeline-scored"), surprise);
        SameRows.assertSame(written("python-pipeline-scored"), surprise);
        SameRows.assertSame(
                PipelineModel.load(folder.resolve("python-pipeline").toString()).transform(logs), surprise);
    }

    /** What {@code score} says of rows that are streams of their own. */
    private Dataset<Row> functionsOfJava() {
        Dataset<Row> rows = scorer().setKeyCol("id")
                .setOrderCol("id")
                .set("attention-sink-window-size", "1020")
                .transform(logs)
                .select("id", "tokens", "nll");
        Dataset<Row> upper = scorer().setKeyCol("id")
                .setOrderCol("id")
                .set("attention-sink-window-size", "9")
                .transform(logs.withColumn("text", functions.upper(logs.col("text"))))
                .select(functions.col("id"), functions.col("nll").as("upper"));
        return rows.join(upper, "id");
    }

    @Test
    void aThinClientOfSparkConnectGivesTheSame() throws Exception {
        int port = Ports.free();
        Process server = python.start(
                "connect-server",
                folder,
                python.submit(List.of(
                        "--conf",
                        "spark.connect.grpc.binding.address=127.0.0.1",
                        "--conf",
                        "spark.connect.grpc.binding.port=" + port,
                        "--class",
                        "org.apache.spark.sql.connect.service.SparkConnectServer")),
                Map.of());
        try {
            awaitServer(server, port);
            Path zip = python.project().resolve("job/target/sinkstream-python.zip");

            Driver.Ended ended = python.run(
                    "connect-client",
                    folder,
                    List.of(
                            python.bin("python"),
                            python.project()
                                    .resolve("job/src/test/python/connect.py")
                                    .toString(),
                            "sc://127.0.0.1:" + port,
                            folder.toString()),
                    Map.of("PYTHONPATH", python.client() + ":" + zip, "JAVA_HOME", "/no/java/here"));

            assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        } finally {
            PySpark.end(server);
        }
        SameRows.assertSame(written("connect-functions"), functionsOfJava());
        SameRows.assertSame(written("connect-table"), scorer().transform(logs));
        SameRows.assertSame(written("connect-scorer"), scorer().transform(logs));
    }

    private void awaitServer(Process server, int port) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + SERVER_STARTS.toNanos();
        while (true) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(socket.isConnected()).isTrue();
                return;
            } catch (IOException e) {
                boolean hasEnded = server.waitFor(100, TimeUnit.MILLISECONDS);
                if (hasEnded || System.nanoTime() > deadline) {
                    throw new IllegalStateException(
                            "the server does not answer; it said:\n" + python.said("connect-server", "err"), e);
                }
            }
        }
    }
}
