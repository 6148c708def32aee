package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;

/**
 * Runs of {@code score} in a folder, and what they have to give.
 *
 * @param folder where rows and output lie
 * @param model a random tiny one, whose tokens are bytes
 */
record ScoreRun(Path folder, Path model) {
    /** The project's meaning of the same numbers: nats a token in fp32. */
    static final double SAME = 1e-4;

    /** Writes the model there. */
    static ScoreRun in(Path folder) throws IOException {
        return new ScoreRun(folder, Streams.model(folder.resolve("model")));
    }

    /** A row of three columns, any of which may be null. */
    static JsonObject row(Object key, Object seq, Object text) {
        JsonObject row = new JsonObject();
        row.addProperty("key", (String) key);
        row.addProperty("seq", (Number) seq);
        row.addProperty("text", (String) text);
        return row;
    }

    /** Writes the rows as JSON lines. */
    Path write(List<JsonObject> rows) throws IOException {
        String lines = rows.stream().map(row -> row + "\n").collect(Collectors.joining());
        return Files.writeString(folder.resolve("rows.jsonl"), lines);
    }

    /** Runs the command on that input; {@code more} options win. */
    Command command(Path input, String... more) {
        Map<String, String> options = Map.of(
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "28",
                "--input",
                input.toString(),
                "--output",
                folder + "/out");
        String[] all = Stream.concat(Stream.of("--token-nll", "--overwrite"), Stream.of(more))
                .toArray(String[]::new);
        return Command.run(options, all);
    }

    /** Scores by key and seq, and returns what was written, by key and then by seq. */
    List<Row> score(Path input, String... more) {
        String[] all = Stream.concat(Stream.of("--key", "key", "--order", "seq"), Stream.of(more))
                .toArray(String[]::new);
        command(input, all).succeeded();
        return written("key", "seq");
    }

    /** What was written, in that order. */
    List<Row> written(String... sort) {
        return Command.spark()
                .read()
                .parquet(folder + "/out")
                .sort(Stream.of(sort)
                        .map(org.apache.spark.sql.functions::col)
                        .toArray(org.apache.spark.sql.Column[]::new))
                .collectAsList();
    }

    static List<Double> tokenNll(Row row) {
        return row.getList(row.fieldIndex("token_nll"));
    }

    /** Checks rows of one stream, all good, against the plain decoder. */
    void assertExact(List<Row> rows, String separator, int sinks, int window) {
        List<String> texts = rows.stream().map(row -> row.<String>getAs("text")).toList();
        int[] ids = Streams.ids(texts, separator);
        double[] nll = Streams.nll(model, ids, sinks, window);
        int at = 0;
        double total = 0;
        for (Row row : rows) {
            assertThat(row.<String>getAs("error")).isNull();
            int bytes = (row.<String>getAs("text") + separator).getBytes(StandardCharsets.UTF_8).length;
            int tokens = bytes + (at == 0 ? 1 : 0);
            assertThat(row.<Integer>getAs("tokens")).isEqualTo(tokens);
            List<Double> found = tokenNll(row);
            assertThat(found).hasSize(tokens);
            double sum = 0;
            for (int i = 0; i < tokens; i++) {
                if (at + i == 0) {
                    assertThat(found.get(0)).isNull();
                } else {
                    assertThat(found.get(i)).isCloseTo(nll[at + i], within(SAME));
                    sum += found.get(i);
                }
            }
            int predicted = at == 0 ? tokens - 1 : tokens;
            at += tokens;
            total += sum;
            assertThat(row.<Long>getAs("stream_tokens")).isEqualTo(at);
            if (predicted == 0) {
                assertThat(row.<Double>getAs("nll")).isNull();
                assertThat(row.<Double>getAs("perplexity")).isNull();
                assertThat(row.<Double>getAs("bits_per_byte")).isNull();
                continue;
            }
            assertThat(row.<Double>getAs("nll")).isCloseTo(sum, within(1e-9));
            assertThat(row.<Double>getAs("perplexity")).isCloseTo(Math.exp(sum / predicted), within(1e-6));
            assertThat(row.<Double>getAs("bits_per_byte")).isCloseTo(sum / Math.log(2) / bytes, within(1e-9));
            assertThat(row.<Double>getAs("stream_perplexity")).isCloseTo(Math.exp(total / (at - 1)), within(1e-6));
        }
    }

    /** Each stream's rows, in the order given. */
    static Map<String, List<Row>> byKey(List<Row> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(row -> row.<String>getAs("key"), TreeMap::new, Collectors.toList()));
    }

    /** Shuffled rows of streams of random text. */
    static List<JsonObject> someStreams(int streams, int rows) {
        Random random = new Random(7);
        List<JsonObject> table = new ArrayList<>();
        for (int s = 0; s < streams; s++) {
            for (int r = 0; r < rows; r++) {
                String text = random.ints(random.nextInt(30), 'a', 'z')
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining());
                table.add(row("stream-" + s, r, r % 5 == 3 ? text + " Grüße 世界 \uD83D\uDE80" : text));
            }
        }
        Collections.shuffle(table, random);
        return table;
    }
}
