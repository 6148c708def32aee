package io.sinkstream.job;

import static io.sinkstream.job.ScoreRun.byKey;
import static io.sinkstream.job.ScoreRun.row;
import static io.sinkstream.job.ScoreRun.someStreams;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code score} makes of inputs and rows of every kind, bad ones among them. */
class ScoreInputTest {
    @TempDir
    private Path folder;

    private ScoreRun run;

    @BeforeEach
    void begin() throws IOException {
        run = ScoreRun.in(folder);
    }

    @Test
    void badRowsChangeNothingForOthers() throws IOException {
        List<JsonObject> table = someStreams(3, 6);
        table.add(row(null, 1, "no key"));
        table.add(row("stream-0", null, "no order"));
        table.add(row("stream-1", 100, null));
        table.add(row("stream-2", -1, "x".repeat(500)));
        table.add(row("only-bad", 1, null));
        List<Row> rows = run.score(run.write(table), "--max-row-bytes", "500");

        Map<Boolean, List<Row>> byState =
                rows.stream().collect(Collectors.partitioningBy(row -> row.getAs("error") == null));
        byKey(byState.get(true)).values().forEach(stream -> {
            assertThat(stream).hasSize(6);
            run.assertExact(stream, "\n", 4, 28);
        });
        assertThat(byState.get(false))
                .extracting(row -> row.<String>getAs("error"))
                .containsExactlyInAnyOrder(
                        "the key is null",
                        "the order is null",
                        "the text is null",
                        "the text is null",
                        "text and separator have 501 bytes, over the 500 of --max-row-bytes");
        for (Row bad : byState.get(false)) {
            for (String column : List.of("tokens", "nll", "perplexity", "bits_per_byte", "stream_tokens")) {
                assertThat(bad.<Object>getAs(column)).as(column).isNull();
            }
            assertThat(bad.<Object>getAs("stream_perplexity")).isNull();
            assertThat(bad.<Object>getAs("token_nll")).isNull();
        }
    }

    @Test
    void errorsAreToldAndTheExitIsGood() throws IOException {
        Path input = run.write(List.of(row("a", 1, "xyz"), row(null, 1, "x"), row("a", 2, null), row("a", 3, null)));
        Command command = Command.run(
                "score",
                "--model",
                run.model().toString(),
                "--input",
                input.toString(),
                "--key",
                "key",
                "--order",
                "seq");
        command.succeeded();
        assertThat(command.out())
                .containsPattern("rows with an error +3\n")
                .containsPattern("null key +1\n")
                .containsPattern("null text or tokens +2\n")
                .containsPattern("streams +1\n")
                .contains("Streams of highest perplexity")
                .contains("Rows of highest perplexity")
                .contains("Nothing is written: no --output was given.");
        assertThat(command.err()).contains("4 rows, ").contains("done");
    }

    @Test
    void aRepeatedOrderIsLate() throws IOException {
        Path input = run.write(List.of(row("a", 2, "b"), row("a", 1, "a"), row("a", 2, "c"), row("a", 3, "d")));

        List<Row> rows = run.score(input, "--late", "error");
        assertThat(rows).hasSize(4);
        assertThat(rows.stream().filter(row -> row.getAs("error") != null).toList())
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.<String>getAs("text")).isEqualTo("c");
                    assertThat(row.<String>getAs("error"))
                            .isEqualTo("late: the order 2 is not above the stream's last");
                });
        run.assertExact(rows.stream().filter(row -> row.getAs("error") == null).toList(), "\n", 4, 28);

        assertThat(run.command(input, "--key", "key", "--order", "seq", "--late", "drop")
                        .succeeded()
                        .out())
                .containsPattern("late rows dropped +1\n");
        run.assertExact(run.written("seq"), "\n", 4, 28);
        assertThat(run.written("seq"))
                .extracting(row -> row.<String>getAs("text"))
                .containsExactly("a", "b", "d");

        run.score(input, "--late", "score");
        run.assertExact(run.written("stream_tokens"), "\n", 4, 28);
        assertThat(run.written("stream_tokens"))
                .extracting(row -> row.<String>getAs("text"))
                .containsExactly("a", "b", "c", "d");
    }

    @Test
    void aHugeTextIsNotEncoded() throws IOException {
        Path input = run.write(List.of(row("a", 1, "x"), row("a", 2, "y".repeat(50 << 20)), row("a", 3, "z")));
        List<Row> rows = run.score(input);
        assertThat(rows.get(1).<String>getAs("error"))
                .isEqualTo("text and separator have 52428801 bytes, over the 16777216 of --max-row-bytes");
        assertThat(rows.get(1).<String>getAs("text")).hasSize(50 << 20);
        run.assertExact(List.of(rows.get(0), rows.get(2)), "\n", 4, 28);
    }

    @Test
    void bytesThatAreNoTextArriveAsReplacements() throws IOException {
        Path input = folder.resolve("rows.txt");
        Files.write(input, new byte[] {'a', (byte) 0xff, 'b', '\n', 'c', '\n'});
        run.command(input).succeeded();
        List<Row> rows = Command.spark()
                .read()
                .parquet(folder + "/out")
                .withColumnRenamed("value", "text")
                .sort("stream_tokens")
                .collectAsList();
        assertThat(rows.get(0).<String>getAs("text")).isEqualTo("a\uFFFDb");
        run.assertExact(rows, "\n", 4, 28);
    }

    @Test
    void aTokenOutsideTheVocabularyIsItsOwnRowsFault() throws IOException {
        int vocabulary = Shape.llama().vocab();
        PlainDecoder decoder = PlainDecoder.load(run.model());
        List<JsonObject> table = new ArrayList<>();
        Map<String, int[]> streams = new TreeMap<>();
        for (int s = 0; s < 40; s++) {
            int[] ids = Shape.llama().tokens(20, s + 1);
            streams.put("s" + s, ids);
            for (int r = 0; r < 2; r++) {
                JsonObject row = row("s" + s, r * 10, null);
                row.add("ids", array(ids, 10 * r, 10 * r + 10));
                table.add(row);
            }
        }
        List<int[]> wrong = List.of(new int[] {1, vocabulary}, new int[] {-1});
        for (int i = 0; i < wrong.size(); i++) {
            JsonObject row = row("s17", 3 + i, null);
            row.add("ids", array(wrong.get(i), 0, wrong.get(i).length));
            table.add(row);
        }
        JsonObject large = row("s17", 7, null);
        JsonArray tooLarge = new JsonArray();
        tooLarge.add(1L << 40);
        large.add("ids", tooLarge);
        table.add(large);
        JsonObject holed = row("s17", 8, null);
        JsonArray hole = new JsonArray();
        hole.add((Number) null);
        holed.add("ids", hole);
        table.add(holed);
        table.add(row("s17", 9, "no tokens"));

        List<Row> rows = run.score(run.write(table), "--tokens", "ids", "--partitions", "1");
        assertThat(rows).hasSize(85);
        assertThat(rows.stream().filter(row -> row.getAs("error") != null).toList())
                .extracting(row -> row.<String>getAs("error"))
                .containsExactly(
                        "token " + vocabulary + " at index 1 is outside the vocabulary, 0 to " + (vocabulary - 1),
                        "token -1 at index 0 is outside the vocabulary, 0 to " + (vocabulary - 1),
                        "token id 1099511627776 is outside the vocabulary of any model",
                        "token 0 of the row is null",
                        "the tokens are null");
        byKey(rows.stream().filter(row -> row.getAs("error") == null).toList()).forEach((key, stream) -> {
            double[] expected = decoder.nll(streams.get(key), 4, 28);
            List<Double> found = stream.stream()
                    .flatMap(row -> ScoreRun.tokenNll(row).stream())
                    .toList();
            assertThat(found).hasSize(20);
            assertThat(found.get(0)).isNull();
            for (int i = 0; i < expected.length; i++) {
                assertThat(found.get(i + 1)).isCloseTo(expected[i], within(ScoreRun.SAME));
            }
            assertThat(stream.get(0).<Double>getAs("bits_per_byte")).isNull();
        });
    }

    private static JsonArray array(int[] ids, int from, int to) {
        JsonArray array = new JsonArray();
        IntStream.range(from, to).forEach(i -> array.add(ids[i]));
        return array;
    }

    @Test
    void brokenJsonIsAnErrorRowAndNotLost() throws IOException {
        Path input = Files.writeString(
                folder.resolve("rows.jsonl"), "{\"key\": \"a\", \"seq\": 1, \"text\": \"x\"}\n{\"key\": \"a\", \"se\n");
        List<Row> rows = run.score(input);
        assertThat(rows).hasSize(2);
        assertThat(rows).extracting(row -> row.<String>getAs("error")).containsExactly("the key is null", null);
    }

    @Test
    void csvHasAHeaderAndOrdersNumbersAsNumbers() throws IOException {
        StringBuilder csv = new StringBuilder("key,seq,text\n");
        IntStream.range(0, 12)
                .map(i -> 11 - i)
                .forEach(
                        i -> csv.append("007,").append(i).append(",0").append(i).append('\n'));
        Path input = Files.writeString(folder.resolve("rows.csv"), csv.toString());
        List<Row> rows = run.score(input);
        assertThat(rows).hasSize(12);
        assertThat(rows.get(0).<String>getAs("key")).isEqualTo("007");
        assertThat(rows.get(1).<String>getAs("text")).isEqualTo("01");
        run.assertExact(rows, "\n", 4, 28);
    }

    @Test
    void eachTextFileIsAStreamOfItsLines() throws IOException {
        Path files = Files.createDirectory(folder.resolve("files"));
        for (int f = 0; f < 3; f++) {
            int file = f;
            List<String> lines = IntStream.range(0, 200)
                    .mapToObj(i -> file + " line " + i * 7919 % 211)
                    .toList();
            Files.write(files.resolve(f + ".log"), lines);
        }
        SparkSession spark = Command.spark();
        spark.conf().set("spark.sql.files.maxPartitionBytes", "300");
        try {
            run.command(Path.of(files + "/*.log"), "--partitions", "2").succeeded();
        } finally {
            spark.conf().unset("spark.sql.files.maxPartitionBytes");
        }
        for (int f = 0; f < 3; f++) {
            List<Row> rows = spark.read()
                    .parquet(folder + "/out")
                    .withColumnRenamed("value", "text")
                    .where("startswith(text, '" + f + "')")
                    .sort("stream_tokens")
                    .collectAsList();
            assertThat(rows)
                    .extracting(row -> row.<String>getAs("text"))
                    .containsExactlyElementsOf(Files.readAllLines(files.resolve(f + ".log")));
            run.assertExact(rows, "\n", 4, 28);
        }
    }

    @Test
    void keyedRowsOfFilesNeedNoOrder() throws IOException {
        Path input = run.write(IntStream.range(0, 100)
                .mapToObj(i -> row("k" + i % 3, 1000 - i, "row " + i))
                .toList());
        run.command(input, "--key", "key").succeeded();
        byKey(run.written("stream_tokens")).forEach((key, stream) -> {
            assertThat(stream)
                    .extracting(row -> row.<Long>getAs("seq"))
                    .isSortedAccordingTo(Collections.reverseOrder());
            run.assertExact(stream, "\n", 4, 28);
        });
    }
}
