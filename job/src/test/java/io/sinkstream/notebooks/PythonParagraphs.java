package io.sinkstream.notebooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sinkstream.harness.PySpark;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import py4j.GatewayServer;

/** Python's paragraphs as Zeppelin runs them: a process of its own, on the session of this JVM. */
final class PythonParagraphs implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "of the tests";

    private final GatewayServer gateway;
    private final Process process;
    private final Writer paragraphs;
    private final BufferedReader results;

    PythonParagraphs(PySpark python, SparkSession spark) throws IOException {
        gateway = new GatewayServer.GatewayServerBuilder()
                .entryPoint(new Entry(spark))
                .javaPort(0)
                .authToken(SECRET)
                .build();
        gateway.start();
        process = python.talk(
                "pyspark-paragraphs",
                List.of(
                        python.bin("python"),
                        python.project()
                                .resolve("job/src/test/python/paragraphs.py")
                                .toString()),
                Map.of(
                        "PYSPARK_GATEWAY_PORT",
                        "" + gateway.getListeningPort(),
                        "PYSPARK_GATEWAY_SECRET",
                        SECRET,
                        "PYTHONPATH",
                        python.project()
                                .resolve("job/target/sinkstream-python.zip")
                                .toString()));
        paragraphs = process.outputWriter(StandardCharsets.UTF_8);
        results = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Runs a paragraph and returns what it printed. Throws AssertionError with what is wrong with it. */
    String run(String code) throws IOException {
        paragraphs.write(JSON.writeValueAsString(Map.of("code", code)) + "\n");
        paragraphs.flush();
        String line = results.readLine();
        if (line == null) {
            throw new AssertionError("Python ended; see pyspark-paragraphs.err");
        }
        JsonNode result = JSON.readTree(line);
        if (result.hasNonNull("error")) {
            throw new AssertionError(result.path("error").asText());
        }
        return result.path("printed").asText();
    }

    @Override
    public void close() {
        PySpark.end(process);
        gateway.shutdown();
    }

    /** What Python finds of this JVM. */
    public static final class Entry {
        private final SparkSession spark;

        Entry(SparkSession spark) {
            this.spark = spark;
        }

        /** The context, for Python. */
        public JavaSparkContext context() {
            return JavaSparkContext.fromSparkContext(spark.sparkContext());
        }

        /** The session, for Python. */
        public SparkSession session() {
            return spark;
        }
    }
}
