package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables as people have them, of which no row may be lost, cut, merged with another stream's or put out of order silently. */
class OddTablesTest {
    private static final String COLUMNS = "key STRING, seq BIGINT, text STRING";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    private Path file(String name, String... lines) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private Command score(Path input, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--input", input.toString());
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--output", folder + "/scored");
        return Command.run(options, more);
    }

    private Command stream(Path input, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--format", "csv");
        options.put("--input", input.toString());
        options.put("--schema", COLUMNS);
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--checkpoint", folder + "/checkpoint");
        options.put("--output", folder + "/scored");
        options.put("--option", "maxFilesPerTrigger=1");
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    private List<Row> scored() {
        return Command.spark()
                .read()
                .parquet(folder + "/scored")
                .sort("stream_tokens", "key")
                .collectAsList();
    }

    private static List<String> values(List<Row> rows, String column) {
        return rows.stream()
                .map(row -> String.valueOf(row.<Object>getAs(column)))
                .toList();
    }

    /** RFC 4180 doubles quotes; what is within them may have newlines, after which nothing is a column of its own. */
    @Test
    void quotesAndNewlinesWithinQuotesAreText() throws IOException {
        Path input = file(
                "rows.csv",
                "key,seq,text",
                "k,10,\"the last, of \"\"all\"\"\"",
                "k,2,\"two\nlines, of text\"",
                "k,1,\"a back\\slash\"",
                "k,3,\"ends with one\\\"");

        score(input).succeeded();

        assertThat(values(scored(), "text"))
                .containsExactly("a back\\slash", "two\nlines, of text", "ends with one\\", "the last, of \"all\"");
    }

    @Test
    void aLineWithAFieldTooManyIsItsOwnRowsFault() throws IOException {
        Path input = file("rows.csv", "key,seq,text", "k,1,one", "k,2,two, and more, is cut", "k,3,three", "k,4");

        score(input).succeeded();

        List<Row> rows = scored();
        assertThat(rows).hasSize(4);
        assertThat(rows.get(0).schema().fieldNames()).startsWith("key", "seq", "text", "tokens");
        assertThat(Stream.of(rows.get(0).schema().fieldNames()).filter(name -> name.startsWith("__")))
                .isEmpty();
        assertThat(values(rows, "error"))
                .containsExactlyInAnyOrder(
                        "null", "the line has 5 fields, and there are 3 columns", "null", "the text is null");
        assertThat(rows.get(3).<Long>getAs("stream_tokens")).isEqualTo(1 + "one\nthree\n".length());
    }

    @Test
    void aHeaderSaysWhichColumnsThereAre() throws IOException {
        Path one = file("in/a.csv", "key,seq,text", "k,1,one");
        Path other = file("in/b.csv", "text,seq,key", "two,2,k");

        assertThat(score(folder.resolve("in"), "--format", "csv").refusal())
                .contains("--input: the CSV file file:" + other
                        + " begins with the columns text, seq, key, and not with" + " key, seq, text");
        assertThat(score(one, "--schema", "seq BIGINT, key STRING, text STRING").refusal())
                .contains("begins with the columns key, seq, text, and not with seq, key, text");
        score(one, "--schema", "seq STRING, key STRING, text STRING", "--option", "enforceSchema=true")
                .succeeded();
        assertThat(values(scored(), "key")).containsExactly("1");
    }

    /** As data frames write it, whose first column has no name; and a file of the header alone, and one of nothing. */
    @Test
    void headersThatSayLessAreTaken() throws IOException {
        file("in/a.csv", ",key,seq,text", "0,k,1,one");
        file("in/b.csv", ",key,seq,text");
        Files.createFile(folder.resolve("in/c.csv"));

        score(folder.resolve("in"), "--format", "csv").succeeded();

        assertThat(values(scored(), "text")).containsExactly("one");
    }

    @Test
    void numbersWithATextAmongThemAreNoOrder() throws IOException {
        Path input = file("rows.csv", "key,seq,text", "k,10,b", "k,2,a", "k,n/a,c");

        assertThat(score(input).refusal())
                .contains(
                        "--order: the column seq has 2 numbers, and texts such as \"n/a\"; as texts 10 comes before 2");

        score(input, "--schema", COLUMNS).succeeded();
        assertThat(values(scored(), "error")).containsExactlyInAnyOrder("the order is null", "null", "null");
    }

    @Test
    void eachFileOfCsvCanBeAStream() throws IOException {
        file("in/a.csv", "text", "one", "two");
        file("in/b.csv", "text", "three");

        Command.run(
                        "score",
                        "--model",
                        model.toString(),
                        "--format",
                        "csv",
                        "--input",
                        folder + "/in",
                        "--output",
                        folder + "/scored")
                .succeeded();

        assertThat(Command.spark().read().parquet(folder + "/scored").sort("stream_tokens").collectAsList().stream()
                        .map(row -> row.getAs("text") + " " + row.getAs("stream_tokens")))
                .containsExactly("one 5", "three 7", "two 9");
    }

    @Test
    void anEndlessStreamReadsCsvInTheSameWay() throws IOException {
        file("in/a.csv", "key,seq,text", "k,1,\"of \"\"all\"\"\"", "k,2,two, and more", "k,3,\"two\nlines\"");
        stream(folder.resolve("in")).succeeded();
        assertThat(values(scored(), "error"))
                .containsExactlyInAnyOrder("the line has 4 fields, and there are 3 columns", "null", "null");
        assertThat(values(scored(), "text")).contains("of \"all\"", "two\nlines");

        file("in/b.csv", "seq,key,text", "4,k,mixed");

        Command refused = stream(folder.resolve("in"));
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err())
                .contains("sinkstream stream score: --input: the CSV file file:" + folder.resolve("in/b.csv")
                        + " begins with the columns seq, key, text")
                .doesNotContain("\tat ");
        assertThat(scored()).hasSize(3);
    }

    /** Spark takes 007 and 7 for one number. The order is to be a number, though. */
    @Test
    void foldersNamesAreKeysAsTheyAreWritten() throws IOException {
        for (String place : List.of("key=007/seq=9", "key=7/seq=9", "key=007/seq=10", "key=7/seq=10")) {
            file("in/" + place + "/a.json", "{\"text\": \"of " + place.replace("/", " ") + "\"}");
        }

        score(folder.resolve("in"), "--format", "json").succeeded();
        List<Row> batch = scored();
        stream(
                        folder.resolve("in"),
                        "--format",
                        "json",
                        "--schema",
                        "text STRING",
                        "--option",
                        "maxFilesPerTrigger=9",
                        "--output",
                        folder + "/endless")
                .succeeded();
        List<Row> endless = Command.spark()
                .read()
                .parquet(folder + "/endless")
                .sort("stream_tokens", "key")
                .collectAsList();

        for (List<Row> rows : List.of(batch, endless)) {
            assertThat(rows).allMatch(row -> row.getAs("error") == null);
            assertThat(values(rows, "key")).containsExactlyInAnyOrder("007", "7", "007", "7");
            assertThat(rows.stream()
                            .filter(row -> row.getAs("key").equals("007"))
                            .map(row -> row.getAs("seq") + " " + row.getAs("stream_tokens")))
                    .containsExactly("9 18", "10 36");
        }
    }

    /** What can't be read is the same in all keys. */
    @Test
    void keysInAnotherEncodingAreTheirRowsFaultUntilItIsSaid() throws IOException {
        Path input = folder.resolve("rows.csv");
        Files.write(input, "key,seq,text\nM\u00FCller,1,one\nM\u00F6ller,2,two\n".getBytes(ISO_8859_1));

        score(input).succeeded();
        assertThat(values(scored(), "error"))
                .hasSize(2)
                .allMatch(error -> error.startsWith("the key has characters that could not be read"));
        assertThat(score(input, "--overwrite", "--option", "encoding=ISO-8859-1")
                        .succeeded()
                        .out())
                .containsPattern("streams +2\n");
    }

    @Test
    void aFileThatSparkPassesOverIsRefusedOrTold() throws IOException {
        String row = "{\"key\": \"k\", \"seq\": 1, \"text\": \"one\"}";
        file("in/a.jsonl", row);
        Path hidden = file("in/_b.jsonl", row);
        file("in/.c.json.gz", row);
        file("in/_SUCCESS");
        file("in/._d.jsonl.crc");

        assertThat(score(hidden).refusal())
                .contains("--input: " + hidden
                        + " is passed over by Spark, as all files whose names begin with _ or a dot");
        assertThat(score(folder.resolve("in"), "--format", "json").succeeded().err())
                .contains("--input: passed over, as all files whose names begin with _ or a dot: ")
                .contains(hidden.toString())
                .contains(".c.json.gz")
                .doesNotContain("SUCCESS")
                .doesNotContain("crc");
        assertThat(stream(folder.resolve("in"), "--format", "json", "--output", folder + "/endless")
                        .succeeded()
                        .err())
                .contains("passed over")
                .contains(hidden.toString());
    }

    /** As one that is copied with its times. Spark's default is a week. */
    @Test
    void anOldFileIsNoLessOfAStream() throws IOException {
        Instant newest = Instant.parse("2026-01-01T00:00:00Z");
        Files.setLastModifiedTime(file("in/new.csv", "key,seq,text", "k,1,one"), FileTime.from(newest));
        stream(folder.resolve("in")).succeeded();
        Files.setLastModifiedTime(
                file("in/old.csv", "key,seq,text", "k,2,two"), FileTime.from(newest.minus(Duration.ofDays(400))));

        stream(folder.resolve("in")).succeeded();

        assertThat(values(scored(), "text")).containsExactly("one", "two");
    }

    /** A micro-batch that was planned with it, and that the next driver runs. */
    @Test
    void aFileThatIsGoneIsNoFileWithoutRows() throws IOException {
        file("in/a.csv", "key,seq,text", "k,1,one");
        Path second = file("in/b.csv", "key,seq,text", "k,2,two");
        Files.setLastModifiedTime(second, FileTime.from(Instant.now().plusSeconds(60)));
        stream(folder.resolve("in")).succeeded();
        for (String log : List.of("checkpoint/commits", "scored/_spark_metadata")) {
            Files.delete(folder.resolve(log).resolve("1"));
            Files.deleteIfExists(folder.resolve(log).resolve(".1.crc"));
        }
        Path away = Files.move(second, folder.resolve("away"));

        Command failed = stream(folder.resolve("in"));
        assertThat(failed.code()).isEqualTo(2);
        assertThat(failed.err())
                .contains("sinkstream stream score: --input: the file file:" + second + " is gone")
                .doesNotContain("\tat ");

        Files.move(away, second);
        stream(folder.resolve("in")).succeeded();
        assertThat(values(scored(), "text")).containsExactly("one", "two");
    }
}
