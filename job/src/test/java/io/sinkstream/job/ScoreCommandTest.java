package io.sinkstream.job;

import static io.sinkstream.job.ScoreRun.byKey;
import static io.sinkstream.job.ScoreRun.row;
import static io.sinkstream.job.ScoreRun.someStreams;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.PlainDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    @TempDir
    private Path folder;

    private ScoreRun run;

    @BeforeEach
    void begin() throws IOException {
        run = ScoreRun.in(folder);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void anyPartitionsGiveTheExactNumbers(int partitions) throws IOException {
        List<Row> rows = run.score(run.write(someStreams(5, 12)), "--partitions", String.valueOf(partitions));
        assertThat(rows).hasSize(60);
        byKey(rows).values().forEach(stream -> run.assertExact(stream, "\n", 4, 28));
    }

    @Test
    void streamsLargerThanABufferCarryOn() throws IOException {
        // A buffer is 16 passes.
        List<Row> rows = run.score(run.write(someStreams(3, 40)), "--chunk-tokens", "5", "--pass-tokens", "7");
        assertThat(rows).hasSize(120);
        byKey(rows).values().forEach(stream -> run.assertExact(stream, "\n", 4, 28));
    }

    @ParameterizedTest
    @CsvSource({"0,28", "4,1", "0,1", "3,5000"})
    void anySinksAndWindow(int sinks, int window) throws IOException {
        List<Row> rows = run.score(
                run.write(someStreams(2, 6)),
                "--attention-sink-size",
                String.valueOf(sinks),
                "--attention-sink-window-size",
                String.valueOf(window));
        byKey(rows).values().forEach(stream -> run.assertExact(stream, "\n", sinks, window));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\\t|", " "})
    void anySeparator(String separator) throws IOException {
        List<Row> rows = run.score(
                run.write(List.of(row("a", 1, ""), row("a", 2, ""), row("a", 3, "xy"), row("a", 4, ""))),
                "--separator",
                separator);
        run.assertExact(rows, separator.replace("\\t", "\t"), 4, 28);
    }

    @Test
    void columnsComeOutAsTheyWere() throws IOException {
        SparkSession spark = Command.spark();
        spark.sql("SELECT 'a' AS key, DATE'2020-01-01' AS day, named_struct('seq', 1.5D, 'text', 'x') AS m,"
                        + " array(1, null) AS numbers, map('k', X'00FF') AS bytes, 12.30BD AS price,"
                        + " TIMESTAMP'2021-02-03 04:05:06.789' AS at, INTERVAL '3' DAY AS span, 'p' AS nll")
                .write()
                .parquet(folder + "/in.parquet");
        run.command(
                        folder.resolve("in.parquet"),
                        "--key",
                        "day",
                        "--order",
                        "m.seq",
                        "--text",
                        "m.text",
                        "--prefix",
                        "s_")
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
    void whatIsKnownOfEachTokenComesOut() throws IOException {
        List<Row> rows = run.score(
                run.write(someStreams(3, 8)),
                "--token-rank",
                "--top-logprobs",
                "3",
                "--entropy",
                "--prefix",
                "s_",
                "--chunk-tokens",
                "20");
        assertThat(rows.get(0).schema().toDDL())
                .endsWith("s_error STRING,s_token_nll ARRAY<DOUBLE>,s_token_rank ARRAY<INT>,s_top_logprobs"
                        + " ARRAY<ARRAY<STRUCT<token: INT, logprob: DOUBLE>>>,s_token_entropy ARRAY<DOUBLE>");
        PlainDecoder plain = PlainDecoder.load(run.model());
        byKey(rows).values().forEach(stream -> {
            int[] ids = Streams.ids(
                    stream.stream().map(row -> row.<String>getAs("text")).toList(), "\n");
            PlainDecoder.Stream reference = plain.stream(4, 28);
            double[] logits = null;
            int at = 0;
            for (Row row : stream) {
                for (int i = 0; i < row.<Integer>getAs("s_tokens"); i++, at++) {
                    KnownToken known = KnownToken.of(row, i, "s_");
                    if (at == 0) {
                        assertThat(known).isEqualTo(KnownToken.NONE);
                    } else {
                        known.assertOf(logits, ids[at]);
                    }
                    logits = reference.step(ids[at]);
                }
            }
            assertThat(at).isEqualTo(ids.length);
        });
    }

    @Test
    void noRowsGiveEmptyOutput() throws IOException {
        Path input = Files.writeString(folder.resolve("none.jsonl"), "");
        Command command =
                run.command(input, "--schema", "key STRING, seq BIGINT, text STRING", "--key", "key", "--order", "seq");
        assertThat(command.succeeded().out()).containsPattern("rows +0\n");
        assertThat(run.written("key")).isEmpty();
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
    void aModelThatAnExecutorLacksFailsInOneLine() throws IOException {
        Path input = run.write(List.of(row("a", 1, "x")));
        var experimental = ((org.apache.spark.sql.classic.SparkSession) Command.spark()).experimental();
        var before = experimental.extraOptimizations();
        experimental.extraOptimizations_$eq(
                CollectionConverters.asScala(List.<Rule<LogicalPlan>>of(new Removal(run.model())))
                        .toSeq());
        try {
            Command command = run.command(
                    input, "--schema", "key STRING, seq BIGINT, text STRING", "--key", "key", "--order", "seq");
            assertThat(command.code()).as(command.err()).isEqualTo(1);
            assertThat(command.line())
                    .startsWith("sinkstream score failed: on the executor's host ")
                    .contains(run.model().toString());
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
        Path input = run.write(List.of(row("a", 1, "one"), row("a", 2, "two")));
        System.setProperty("spark.sinkstream.prefix", "p_");
        System.setProperty("spark.sinkstream.key", "key");
        System.setProperty("spark.sinkstream.order", "seq");
        try {
            run.command(input).succeeded();
        } finally {
            System.clearProperty("spark.sinkstream.prefix");
            System.clearProperty("spark.sinkstream.key");
            System.clearProperty("spark.sinkstream.order");
        }
        assertThat(Command.spark().read().parquet(folder + "/out").columns()).contains("p_nll");
    }
}
