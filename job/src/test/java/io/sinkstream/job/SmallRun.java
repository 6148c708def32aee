package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.SqlProgram;
import io.sinkstream.harness.Streams;
import io.sinkstream.ml.StreamScorer;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A random model and a few rows of three streams, and what scoring them has to give.
 *
 * @param model the checkpoint's folder
 * @param input the rows, as JSON lines
 */
record SmallRun(Path model, Path input) {
    /** A part of each row's text. */
    static final String SAID = "says:";

    private static final int KEYS = 3;
    private static final int ROWS_PER_KEY = 5;
    private static final int SINKS = 4;
    private static final int WINDOW = 16;

    /** Writes both into a folder. */
    static SmallRun write(Path folder) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(model);
        List<String> lines = new ArrayList<>();
        for (int seq = 0; seq < ROWS_PER_KEY; seq++) {
            for (int key = 0; key < KEYS; key++) {
                lines.add(String.format("{\"key\": \"k%d\", \"seq\": %d, \"text\": \"%s\"}", key, seq, text(key, seq)));
            }
        }
        Path input = Files.write(folder.resolve("rows.jsonl"), lines);
        return new SmallRun(model, input);
    }

    /** The command that scores the rows by a model in {@code folder}. */
    List<String> score(Path folder, Path output) {
        return command("score", folder, output);
    }

    /** The command that scores the rows as a stream that comes to its end. */
    List<String> streamScore(Path output) throws IOException {
        Path rows = Files.createDirectories(output.resolveSibling(output.getFileName() + "-rows"));
        Files.copy(input, rows.resolve(input.getFileName()));
        List<String> line = new ArrayList<>(List.of("stream"));
        line.addAll(command("score", model, output));
        line.set(line.indexOf(input.toString()), rows.toString());
        line.addAll(List.of(
                "--format",
                "json",
                "--schema",
                "key STRING, seq BIGINT, text STRING",
                "--checkpoint",
                output.resolveSibling(output.getFileName() + "-checkpoint").toString(),
                "--trigger",
                "available-now",
                "--partitions",
                "2"));
        return line;
    }

    /** The command that continues the rows by chance, by looking up tokens too. */
    List<String> generate(Path output) {
        List<String> line = new ArrayList<>(command("generate", model, output));
        line.addAll(List.of(
                "--max-new-tokens",
                "24",
                "--ignore-eos",
                "--do-sample",
                "--temperature",
                "1.3",
                "--top-k",
                "6",
                "--repetition-penalty",
                "1.1",
                "--seed",
                "5",
                "--partitions",
                "2"));
        return line;
    }

    private List<String> command(String name, Path folder, Path output) {
        return List.of(
                name,
                "--model",
                folder.toString(),
                "--input",
                input.toString(),
                "--key",
                "key",
                "--order",
                "seq",
                "--attention-sink-size",
                "" + SINKS,
                "--attention-sink-window-size",
                "" + WINDOW,
                "--output",
                output.toString());
    }

    /** What a user's program needs for the functions of SQL over the same rows. */
    List<String> sql() {
        return List.of(
                "--conf",
                "spark.sql.extensions=io.sinkstream.sql.SinkstreamExtensions",
                "--conf",
                "spark.sinkstream.model=" + model,
                "--conf",
                "spark.sinkstream.attention.sink.size=" + SINKS,
                "--conf",
                "spark.sinkstream.attention.sink.window.size=" + WINDOW);
    }

    /** Saves a pipeline that scores the rows, and returns the arguments of {@link SqlProgram}. */
    List<String> program(Path results) throws IOException {
        Path pipeline = results.resolveSibling(results.getFileName() + "-pipeline");
        SparkSession session = session();
        try {
            StreamScorer scorer = new StreamScorer()
                    .setModel(model.toString())
                    .setKeyCol("key")
                    .setOrderCol("seq")
                    .set("attention-sink-size", "" + SINKS)
                    .set("attention-sink-window-size", "" + WINDOW);
            new Pipeline()
                    .setStages(new PipelineStage[] {scorer})
                    .fit(session.read().json(input.toString()))
                    .write()
                    .save(pipeline.toString());
        } finally {
            session.stop();
        }
        return List.of(input.toString(), pipeline.toString(), results.toString());
    }

    /** All that {@link SqlProgram} wrote has the numbers of its rows. */
    void checkProgram(Path results) {
        check(results.resolve("table"));
        check(results.resolve("pipeline"));
        SparkSession session = session();
        try {
            for (Row row : session.read()
                    .parquet(results.resolve("function").toString())
                    .collectAsList()) {
                String text = row.getAs("text");
                double expected = Streams.sum(Streams.nll(model, Streams.ids(List.of(text), "\n"), SINKS, WINDOW));
                assertThat(row.<Double>getAs("nll")).as(text).isCloseTo(expected, within(1e-2));
            }
        } finally {
            session.stop();
        }
    }

    private static SparkSession session() {
        return SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", "false")
                .getOrCreate();
    }

    /** Every row came out once, with the input's columns, all tokens of its text, and numbers. */
    void check(Path output) {
        SparkSession session = session();
        try {
            List<Row> rows = session.read()
                    .parquet(output.toString())
                    .orderBy("key", "seq")
                    .collectAsList();
            assertThat(rows).hasSize(KEYS * ROWS_PER_KEY);
            assertThat(rows.get(0).schema().fieldNames())
                    .containsExactly(
                            "key",
                            "seq",
                            "text",
                            "tokens",
                            "nll",
                            "perplexity",
                            "bits_per_byte",
                            "stream_tokens",
                            "stream_perplexity",
                            "error");
            for (int key = 0; key < KEYS; key++) {
                double[] nll = nll(key);
                int position = 0;
                for (int seq = 0; seq < ROWS_PER_KEY; seq++) {
                    Row row = rows.get(key * ROWS_PER_KEY + seq);
                    // The tokenizer's tokens are bytes; a newline ends a row, and BOS begins a stream.
                    int tokens = text(key, seq).getBytes(StandardCharsets.UTF_8).length + 1 + (seq == 0 ? 1 : 0);
                    int end = position + tokens;
                    assertThat(row.<String>getAs("text")).isEqualTo(text(key, seq));
                    assertThat(row.<String>getAs("error")).isNull();
                    assertThat(row.<Integer>getAs("tokens")).isEqualTo(tokens);
                    assertThat(row.<Long>getAs("stream_tokens")).isEqualTo(end);
                    double expected = Streams.sum(Arrays.copyOfRange(nll, position, end));
                    assertThat(row.<Double>getAs("nll")).isCloseTo(expected, within(1e-4 * tokens));
                    position = end;
                }
            }
        } finally {
            session.stop();
        }
    }

    /** Of a stream's tokens, nats; NaN for the first. */
    private double[] nll(int key) {
        List<String> texts =
                IntStream.range(0, ROWS_PER_KEY).mapToObj(seq -> text(key, seq)).toList();
        return Streams.nll(model, Streams.ids(texts, "\n"), SINKS, WINDOW);
    }

    /** Longer than the window, together. */
    private static String text(int key, int seq) {
        return "stream " + key + (" " + SAID + " é ").repeat(seq + 1) + seq;
    }
}
