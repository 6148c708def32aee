package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels.Shape;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import scala.jdk.javaapi.CollectionConverters;

/** The command from its arguments to the files that it wrote, on a random tiny model, against the plain decoder. */
class ScoreCommandTest {
    /** The project's meaning of the same numbers: nats a token in fp32. */
    private static final double SAME = 1e-4;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    private static JsonObject row(Object key, Object seq, Object text) {
        JsonObject row = new JsonObject();
        row.addProperty("key", (String) key);
        row.addProperty("seq", (Number) seq);
        row.addProperty("text", (String) text);
        return row;
    }

    private Path write(List<JsonObject> rows) throws IOException {
        String lines = rows.stream().map(row -> row + "\n").collect(Collectors.joining());
        return Files.writeString(folder.resolve("rows.jsonl"), lines);
    }

    private Command command(Path input, String... more) {
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
    private List<Row> score(Path input, String... more) {
        String[] all = Stream.concat(Stream.of("--key", "key", "--order", "seq"), Stream.of(more))
                .toArray(String[]::new);
        command(input, all).succeeded();
        return written("key", "seq");
    }

    private List<Row> written(String... sort) {
        return Command.spark()
                .read()
                .parquet(folder + "/out")
                .sort(Stream.of(sort)
                        .map(org.apache.spark.sql.functions::col)
                        .toArray(org.apache.spark.sql.Column[]::new))
                .collectAsList();
    }

    private static List<Double> tokenNll(Row row) {
        return row.getList(row.fieldIndex("token_nll"));
    }

    /** Checks rows of one stream, all good, against the plain decoder. */
    private void assertExact(List<Row> rows, String separator, int sinks, int window) {
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

    private static Map<String, List<Row>> byKey(List<Row> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(row -> row.<String>getAs("key"), TreeMap::new, Collectors.toList()));
    }

    private static List<JsonObject> someStreams(int streams, int rows) {
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

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void anyPartitionsGiveTheExactNumbers(int partitions) throws IOException {
        List<Row> rows = score(write(someStreams(5, 12)), "--partitions", String.valueOf(partitions));
        assertThat(rows).hasSize(60);
        byKey(rows).values().forEach(stream -> assertExact(stream, "\n", 4, 28));
    }

    @Test
    void streamsLargerThanABufferCarryOn() throws IOException {
        // A buffer is 16 passes.
        List<Row> rows = score(write(someStreams(3, 40)), "--chunk-tokens", "5", "--pass-tokens", "7");
        assertThat(rows).hasSize(120);
        byKey(rows).values().forEach(stream -> assertExact(stream, "\n", 4, 28));
    }

    @ParameterizedTest
    @CsvSource({"0,28", "4,1", "0,1", "3,5000"})
    void anySinksAndWindow(int sinks, int window) throws IOException {
        List<Row> rows = score(
                write(someStreams(2, 6)),
                "--attention-sink-size",
                String.valueOf(sinks),
                "--attention-sink-window-size",
                String.valueOf(window));
        byKey(rows).values().forEach(stream -> assertExact(stream, "\n", sinks, window));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\\t|", " "})
    void anySeparator(String separator) throws IOException {
        List<Row> rows = score(
                write(List.of(row("a", 1, ""), row("a", 2, ""), row("a", 3, "xy"), row("a", 4, ""))),
                "--separator",
                separator);
        assertExact(rows, separator.replace("\\t", "\t"), 4, 28);
    }

    @Test
    void badRowsChangeNothingForOthers() throws IOException {
        List<JsonObject> table = someStreams(3, 6);
        table.add(row(null, 1, "no key"));
        table.add(row("stream-0", null, "no order"));
        table.add(row("stream-1", 100, null));
        table.add(row("stream-2", -1, "x".repeat(500)));
        table.add(row("only-bad", 1, null));
        List<Row> rows = score(write(table), "--max-row-bytes", "500");

        Map<Boolean, List<Row>> byState =
                rows.stream().collect(Collectors.partitioningBy(row -> row.getAs("error") == null));
        byKey(byState.get(true)).values().forEach(stream -> {
            assertThat(stream).hasSize(6);
            assertExact(stream, "\n", 4, 28);
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
        Path input = write(List.of(row("a", 1, "x"), row(null, 1, "x"), row("a", 2, null), row("a", 3, null)));
        Command command = Command.run(
                "score", "--model", model.toString(), "--input", input.toString(), "--key", "key", "--order", "seq");
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
        Path input = write(List.of(row("a", 2, "b"), row("a", 1, "a"), row("a", 2, "c"), row("a", 3, "d")));

        List<Row> rows = score(input, "--late", "error");
        assertThat(rows).hasSize(4);
        assertThat(rows.stream().filter(row -> row.getAs("error") != null).toList())
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.<String>getAs("text")).isEqualTo("c");
                    assertThat(row.<String>getAs("error"))
                            .isEqualTo("late: the order 2 is not above the stream's last");
                });
        assertExact(rows.stream().filter(row -> row.getAs("error") == null).toList(), "\n", 4, 28);

        assertThat(command(input, "--key", "key", "--order", "seq", "--late", "drop")
                        .succeeded()
                        .out())
                .containsPattern("late rows dropped +1\n");
        assertExact(written("seq"), "\n", 4, 28);
        assertThat(written("seq")).extracting(row -> row.<String>getAs("text")).containsExactly("a", "b", "d");

        score(input, "--late", "score");
        assertExact(written("stream_tokens"), "\n", 4, 28);
        assertThat(written("stream_tokens"))
                .extracting(row -> row.<String>getAs("text"))
                .containsExactly("a", "b", "c", "d");
    }

    @Test
    void aHugeTextIsNotEncoded() throws IOException {
        Path input = write(List.of(row("a", 1, "x"), row("a", 2, "y".repeat(50 << 20)), row("a", 3, "z")));
        List<Row> rows = score(input);
        assertThat(rows.get(1).<String>getAs("error"))
                .isEqualTo("text and separator have 52428801 bytes, over the 16777216 of --max-row-bytes");
        assertThat(rows.get(1).<String>getAs("text")).hasSize(50 << 20);
        assertExact(List.of(rows.get(0), rows.get(2)), "\n", 4, 28);
    }

    @Test
    void bytesThatAreNoTextArriveAsReplacements() throws IOException {
        Path input = folder.resolve("rows.txt");
        Files.write(input, new byte[] {'a', (byte) 0xff, 'b', '\n', 'c', '\n'});
        command(input).succeeded();
        List<Row> rows = Command.spark()
                .read()
                .parquet(folder + "/out")
                .withColumnRenamed("value", "text")
                .sort("stream_tokens")
                .collectAsList();
        assertThat(rows.get(0).<String>getAs("text")).isEqualTo("a\uFFFDb");
        assertExact(rows, "\n", 4, 28);
    }

    @Test
    void aTokenOutsideTheVocabularyIsItsOwnRowsFault() throws IOException {
        int vocabulary = Shape.llama().vocab();
        PlainDecoder decoder = PlainDecoder.load(model);
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

        List<Row> rows = score(write(table), "--tokens", "ids", "--partitions", "1");
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
            List<Double> found =
                    stream.stream().flatMap(row -> tokenNll(row).stream()).toList();
            assertThat(found).hasSize(20);
            assertThat(found.get(0)).isNull();
            for (int i = 0; i < expected.length; i++) {
                assertThat(found.get(i + 1)).isCloseTo(expected[i], within(SAME));
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
    void columnsComeOutAsTheyWere() throws IOException {
        SparkSession spark = Command.spark();
        spark.sql("SELECT 'a' AS key, DATE'2020-01-01' AS day, named_struct('seq', 1.5D, 'text', 'x') AS m,"
                        + " array(1, null) AS numbers, map('k', X'00FF') AS bytes, 12.30BD AS price,"
                        + " TIMESTAMP'2021-02-03 04:05:06.789' AS at, INTERVAL '3' DAY AS span, 'p' AS nll")
                .write()
                .parquet(folder + "/in.parquet");
        command(folder.resolve("in.parquet"), "--key", "day", "--order", "m.seq", "--text", "m.text", "--prefix", "s_")
                .succeeded();
        var in = spark.read().parquet(folder + "/in.parquet");
        var out = spark.read().parquet(folder + "/out");
        assertThat(out.columns())
                .endsWith(
                        "s_tokens",
                        "s_nll",
                        "s_perplexity",
                        "s_bits_per_byte",
                        "s_stream_tokens",
                        "s_stream_perplexity",
                        "s_error",
                        "s_token_nll");
        assertThat(out.select("key", "day", "m", "numbers", "bytes", "price", "at", "span", "nll")
                        .schema())
                .isEqualTo(in.schema());
        String same = "key, day, m, numbers, map_entries(bytes), price, at, span, nll";
        assertThat(out.selectExpr(same.split(", "))
                        .exceptAll(in.selectExpr(same.split(", ")))
                        .count())
                .isZero();
        assertThat(out.selectExpr("s_error IS NULL").first().getBoolean(0)).isTrue();
    }

    @Test
    void noRowsGiveEmptyOutput() throws IOException {
        Path input = Files.writeString(folder.resolve("none.jsonl"), "");
        Command command =
                command(input, "--schema", "key STRING, seq BIGINT, text STRING", "--key", "key", "--order", "seq");
        assertThat(command.succeeded().out()).containsPattern("rows +0\n");
        assertThat(written("key")).isEmpty();
        assertThat(Command.spark().read().parquet(folder + "/out").columns())
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
                        "error",
                        "token_nll");
    }

    @Test
    void brokenJsonIsAnErrorRowAndNotLost() throws IOException {
        Path input = Files.writeString(
                folder.resolve("rows.jsonl"), "{\"key\": \"a\", \"seq\": 1, \"text\": \"x\"}\n{\"key\": \"a\", \"se\n");
        List<Row> rows = score(input);
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
        List<Row> rows = score(input);
        assertThat(rows).hasSize(12);
        assertThat(rows.get(0).<String>getAs("key")).isEqualTo("007");
        assertThat(rows.get(1).<String>getAs("text")).isEqualTo("01");
        assertExact(rows, "\n", 4, 28);
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
            command(Path.of(files + "/*.log"), "--partitions", "2").succeeded();
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
            assertExact(rows, "\n", 4, 28);
        }
    }

    @Test
    void keyedRowsOfFilesNeedNoOrder() throws IOException {
        Path input = write(IntStream.range(0, 100)
                .mapToObj(i -> row("k" + i % 3, 1000 - i, "row " + i))
                .toList());
        command(input, "--key", "key").succeeded();
        byKey(written("stream_tokens")).forEach((key, stream) -> {
            assertThat(stream)
                    .extracting(row -> row.<Long>getAs("seq"))
                    .isSortedAccordingTo(Collections.reverseOrder());
            assertExact(stream, "\n", 4, 28);
        });
    }

    @Test
    void aModelThatAnExecutorLacksFailsInOneLine() throws IOException {
        Path input = write(List.of(row("a", 1, "x")));
        var experimental = ((org.apache.spark.sql.classic.SparkSession) Command.spark()).experimental();
        var before = experimental.extraOptimizations();
        experimental.extraOptimizations_$eq(CollectionConverters.asScala(List.<Rule<LogicalPlan>>of(new Removal(model)))
                .toSeq());
        try {
            Command command =
                    command(input, "--schema", "key STRING, seq BIGINT, text STRING", "--key", "key", "--order", "seq");
            assertThat(command.code()).as(command.err()).isEqualTo(1);
            assertThat(command.line())
                    .startsWith("sinkstream score failed: on the executor's host ")
                    .contains(model.toString());
        } finally {
            experimental.extraOptimizations_$eq(before);
        }
    }

    /** Takes the model away after the driver's checks, when the query is planned. */
    private static final class Removal extends Rule<LogicalPlan> {
        private final Path model;

        Removal(Path model) {
            this.model = model;
        }

        @Override
        public LogicalPlan apply(LogicalPlan plan) {
            try {
                if (Files.exists(model)) {
                    Files.move(model, model.resolveSibling("gone"));
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            return plan;
        }
    }

    @Test
    void settingsComeFromSparksConfigurationToo() throws IOException {
        Path input = write(List.of(row("a", 1, "one"), row("a", 2, "two")));
        System.setProperty("spark.sinkstream.prefix", "p_");
        System.setProperty("spark.sinkstream.key", "key");
        System.setProperty("spark.sinkstream.order", "seq");
        try {
            command(input).succeeded();
        } finally {
            System.clearProperty("spark.sinkstream.prefix");
            System.clearProperty("spark.sinkstream.key");
            System.clearProperty("spark.sinkstream.order");
        }
        assertThat(Command.spark().read().parquet(folder + "/out").columns()).contains("p_nll");
    }
}
