package io.sinkstream.ml;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.ReadmeJava;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.TestSession;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents' snippets of Java run as they stand there, but for the model's place. The one of Kafka is StreamKafkaTest's. */
class ReadmeJavaTest {
    private static final String MODEL = "/models/Llama-3.2-1B";

    @TempDir
    private Path folder;

    private String model;

    @BeforeEach
    void write() throws Exception {
        model = Streams.model(folder.resolve("model")).toString();
    }

    @Test
    void allAreRun() throws Exception {
        assertThat(ReadmeJava.all()).hasSize(3);
    }

    @Test
    void aTableIsScored() throws Exception {
        Dataset<Row> rows =
                TestSession.get().sql("SELECT * FROM VALUES ('a', 1, 'x'), ('a', 2, 'y') AS (host, time, text)");

        Object scored = ReadmeJava.that("Dataset<Row> scored =")
                .with(MODEL, model)
                .with("Dataset<Row> scored =", "result =")
                .run(folder, Map.of("rows", rows));

        assertThat(((Dataset<?>) scored).columns()).contains("nll", "stream_perplexity");
        assertThat(((Dataset<?>) scored).count()).isEqualTo(2);
    }

    @Test
    void djlLoadsWhatTheCommandWrote() throws Exception {
        Command.alone("djl", "score", "--model", model, "--attention-sink-window-size", "508")
                .succeeded();

        Object nlls = ReadmeJava.that("Criteria<String, float[]>")
                .with(MODEL, model)
                .with("List<float[]> nlls =", "result =")
                .run(folder, Map.of());

        assertThat((List<?>) nlls).hasSize(2).allSatisfy(each -> assertThat((float[]) each)
                .hasSizeGreaterThan(9));
    }
}
