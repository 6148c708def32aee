package io.sinkstream.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.SameRows;
import io.sinkstream.harness.Streams;
import io.sinkstream.ml.StreamGenerator;
import io.sinkstream.ml.StreamScorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.SparkThrowableHelper;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Functions of a text: the numbers of {@code score}, planned in batches, and every query that Spark takes. */
class SqlFunctionsTest {
    private static final List<String> TEXTS =
            Arrays.asList("INFO started", null, "", "Grüße 世界 \uD83D\uDE80", "INFO started", "WARN odd\nline");

    @TempDir
    static Path folder;

    private static Path model;
    private SparkSession spark;

    @BeforeAll
    static void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    @BeforeEach
    void begin() {
        spark = SqlSession.get();
        spark.conf().set("spark.sinkstream.model", model.toString());
        spark.conf().set("spark.sinkstream.attention.sink.window.size", "28");
        StructType schema = new StructType().add("id", DataTypes.IntegerType).add("text", DataTypes.StringType);
        List<Row> rows = IntStream.range(0, TEXTS.size())
                .mapToObj(i -> RowFactory.create(i, TEXTS.get(i)))
                .toList();
        spark.createDataFrame(rows, schema).repartition(2).createOrReplaceTempView("lines");
    }

    @AfterEach
    void end() {
        spark.conf().unset("spark.sinkstream.model");
        spark.conf().unset("spark.sinkstream.attention.sink.window.size");
    }

    private List<Row> rows(String query) {
        return spark.sql(query).collectAsList();
    }

    private static double[] plain(String text) {
        return Streams.nll(model, Streams.ids(List.of(text), "\n"), 4, 28);
    }

    @Test
    void textsGetThePlainDecodersNumbers() {
        Dataset<Row> query = spark.sql("SELECT id, text, sink_nll(text), sink_perplexity(text), sink_token_nll(text),"
                + " sink_tokens(text) FROM lines ORDER BY id");

        List<Row> rows = query.collectAsList();

        assertThat(query.schema().simpleString())
                .endsWith("sink_nll(text):double,sink_perplexity(text):double,sink_token_nll(text):array<double>,"
                        + "sink_tokens(text):int>");
        assertThat(rows).hasSize(TEXTS.size());
        for (Row row : rows) {
            if (row.isNullAt(1)) {
                assertThat(IntStream.range(2, 6)).allMatch(row::isNullAt);
                continue;
            }
            double[] expected = plain(row.getString(1));
            List<Double> tokens = row.getList(4);
            assertThat(row.getInt(5)).isEqualTo(expected.length);
            assertThat(tokens).hasSize(expected.length);
            assertThat(tokens.get(0)).isNull();
            for (int i = 1; i < expected.length; i++) {
                assertThat(tokens.get(i)).isCloseTo(expected[i], within(1e-4));
            }
            assertThat(row.getDouble(2)).isCloseTo(Streams.sum(expected), within(1e-3));
            assertThat(row.getDouble(3)).isCloseTo(Math.exp(row.getDouble(2) / (expected.length - 1)), within(1e-6));
        }
    }

    @Test
    void theNumbersAreThoseOfScoreWithAStreamForEachRow() {
        Dataset<Row> scored = new StreamScorer()
                .setKeyCol("id")
                .setOrderCol("id")
                .setModel(model.toString())
                .set("attention-sink-size", "2")
                .set("attention-sink-window-size", "9")
                .transform(spark.table("lines"))
                .select("id", "text", "tokens", "nll");

        SameRows.assertSame(
                spark.sql(
                        "SELECT id, text, sink_tokens(text => text) AS tokens, sink_nll(text, attention_sink_size => 2,"
                                + " Attention_Sink_Window_Size => '9') AS nll FROM lines"),
                scored);
    }

    @Test
    void continuationsAreThoseOfGenerateWithAStreamForEachRow() {
        List<Row> continued = new StreamGenerator()
                .setKeyCol("id")
                .setOrderCol("id")
                .setModel(model.toString())
                .set("attention-sink-window-size", "28")
                .set("max-new-tokens", "5")
                .set("ignore-eos", "true")
                .transform(spark.table("lines"))
                .select("continuation")
                .orderBy("id")
                .collectAsList();

        assertThat(rows("SELECT sink_continue(text, 5, ignore_eos => true) FROM lines ORDER BY id"))
                .isEqualTo(continued)
                .element(0)
                .isEqualTo(continued.get(4));
        assertThat(rows("SELECT sink_continue(text, ignore_eos => true, max_new_tokens => 5) FROM lines ORDER BY id"))
                .isEqualTo(continued);
    }

    @Test
    void whatIsDrawnIsAFunctionOfTheText() {
        String query = "SELECT text, sink_continue(text, 6, do_sample => true, seed => 3) AS more FROM (SELECT"
                + " concat('line ', id %% 3) AS text FROM range(0, 40, 1, %d))";

        List<Row> rows = rows(String.format(query, 1));

        assertThat(rows.stream().distinct()).hasSize(3);
        assertThat(rows(String.format(query, 4))).containsExactlyInAnyOrderElementsOf(rows);
        assertThat(rows(String.format(query.replace("seed => 3", "seed => 4"), 1)))
                .isNotEqualTo(rows);
    }

    @Test
    void aCallThatIsThereTwiceIsMadeOnce() {
        Dataset<Row> query = spark.sql("SELECT sink_nll(text) AS a, 1 + sink_nll(text) AS b, sink_tokens(text)"
                + " FROM lines WHERE sink_nll(text) > 0 AND id < 4 ORDER BY sink_nll(text)");

        List<Row> rows = query.collectAsList();

        assertThat(rows).hasSize(3).allMatch(row -> row.getDouble(1) == 1 + row.getDouble(0));
        assertThat(SqlSession.operators(query)).hasSize(1);
        // Those that the other condition leaves and have a text.
        assertThat(SqlSession.modelRows(query)).isEqualTo(3);
    }

    @Test
    void callsOfOneModelAreOneOperatorThatExplainShows() {
        Dataset<Row> query = spark.sql("EXPLAIN SELECT sink_nll(text), sink_tokens(text), sink_continue(text, 2),"
                + " sink_nll(upper(text)) FROM lines");

        String plan = query.collectAsList().get(0).getString(0);

        assertThat(plan.split("SinkCalls ", -1)).hasSize(2);
        assertThat(plan)
                .containsPattern("SinkCalls \\[sink_nll\\(text#\\d+\\), sink_tokens\\(text#\\d+\\), "
                        + "sink_continue\\(text#\\d+, 2\\), sink_nll\\(upper\\(text#\\d+\\)\\)\\]");
        assertThat(SqlSession.operators(
                        spark.sql("SELECT sink_nll(text), sink_nll(text, attention_sink_size => 1) FROM lines")))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
        SELECT sink_nll(text) FROM many LIMIT 5                                | 5
        SELECT sink_nll(text), sink_nll(upper(text)) FROM many LIMIT 5         | 10
        SELECT sink_nll(text) FROM many WHERE sink_tokens(text) > 3 LIMIT 5    | 100
        SELECT sink_nll(text) FROM many WHERE id % 1000 = 7 LIMIT 5            | 5
        """)
    void aLimitStopsEarly(String query, long most) {
        spark.sql("SELECT id, concat('a line of the log, number ', id) AS text FROM range(1000000)")
                .createOrReplaceTempView("many");

        Dataset<Row> limited = spark.sql(query);

        assertThat(limited.collectAsList()).hasSize(5);
        assertThat(SqlSession.modelRows(limited)).isBetween(5L, most);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
        SELECT sum(sink_tokens(text)) FROM lines                                              | [66]
        SELECT sink_tokens(max(text)) FROM lines                                              | [15]
        SELECT sink_tokens(text) AS n, count(*) FROM lines WHERE id = 0 GROUP BY sink_tokens(text) | [14,1]
        SELECT text, sink_tokens(text) FROM lines WHERE id = 0 GROUP BY text                  | [INFO started,14]
        SELECT max(n) FROM (SELECT sum(sink_tokens(text)) OVER (ORDER BY id) AS n FROM lines) | [66]
        SELECT a.id FROM lines a JOIN lines b ON a.id = b.id AND sink_tokens(b.text) = 15     | [5]
        SELECT count(*) FROM lines a WHERE EXISTS (SELECT 1 FROM lines b WHERE b.id = a.id AND sink_tokens(b.text) = 14) | [2]
        SELECT max((SELECT sum(sink_tokens(b.text)) FROM lines b WHERE b.id = a.id)) FROM lines a | [21]
        SELECT (SELECT max(sink_tokens(text)) FROM lines)                                     | [21]
        WITH n AS (SELECT id, sink_tokens(text) AS n FROM lines) SELECT max(a.n) FROM n a JOIN n b ON a.n = b.n | [21]
        SELECT sink_tokens(sink_continue('INFO', 3, ignore_eos => true)) > 0                  | [true]
        SELECT sink_tokens('INFO started')                                                    | [14]
        SELECT sink_tokens(123)                                                               | [5]
        SELECT count(*) FROM lines ORDER BY max(sink_nll(text))                               | [6]
        SELECT max(CASE WHEN id > 2 THEN sink_tokens(text) ELSE 0 END) FROM lines             | [21]
        """)
    void callsAreTakenWhereSparkTakesExpressions(String query, String expected) {
        assertThat(rows(query)).extracting(Row::toString).containsExactly(expected);
    }

    @Test
    void aViewIsTemporary() {
        spark.sql("CREATE OR REPLACE TEMP VIEW counted AS SELECT id, sink_tokens(text) AS n FROM lines");

        assertThat(rows("SELECT n FROM counted WHERE id = 0"))
                .extracting(Row::toString)
                .containsExactly("[14]");
        assertThatThrownBy(() -> spark.sql("CREATE VIEW kept AS SELECT sink_tokens('a') AS n"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("sink_tokens");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
        SELECT sink_nll()                                         | sink_nll: the argument text is missing
        SELECT sink_nll('a', 'b')                                 | sink_nll: 2 arguments are given by place, and there can be 1
        SELECT sink_nll('a', attention_sink_sise => 1)            | no argument attention_sink_sise; the nearest is attention_sink_size
        SELECT sink_nll('a', attention_sink_size => -1)           | --attention-sink-size: "-1" is
        SELECT sink_nll('a', attention_sink_size => null)         | the argument attention_sink_size is null
        SELECT sink_nll(text, model => text) FROM lines           | the argument model is lines.text; allowed is a constant
        SELECT sink_nll('a', model => '/no/such/folder')          | /no/such/folder
        SELECT sink_nll('a', text => 'b')                         | the argument text is given twice
        SELECT sink_nll(array(1))                                 | DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE
        SELECT sink_nll('a', attention_sink_window_size => 'wide') | --attention-sink-window-size: "wide" is
        SELECT sink_nll(text) OVER (ORDER BY id) FROM lines       | not supported within a window function
        SELECT sink_continue('a', 0)                              | the argument n is 0; allowed is a whole number of at least 1
        SELECT sink_continue('a', 2, max_new_tokens => 3)         | the argument max_new_tokens is given twice
        SELECT sink_continue('a', 2, temperature => 0)            | --temperature: "0" is wrong
        SELECT sink_continue(text, id) FROM lines                 | the argument n is lines.id; allowed is a constant
        SELECT transform(array('a'), x -> sink_nll(x))            | sink_nll: it can't be called in a lambda function
        SELECT 1 FROM lines a JOIN lines b ON sink_tokens(concat(a.text, b.text)) > 3 | reads columns of both sides of a Join
        """)
    void whatIsWrongIsToldBeforeAJob(String query, String message) {
        assertThatThrownBy(() -> rows(query))
                .hasMessageContaining(message)
                .asInstanceOf(InstanceOfAssertFactories.type(AnalysisException.class))
                // As PySpark makes the message.
                .extracting(e -> SparkThrowableHelper.getMessage(e.getCondition(), e.getMessageParameters()))
                .asString()
                .contains(message.replaceFirst("DATATYPE_MISMATCH.*", "data type mismatch"));
    }

    @Test
    void anUnknownSettingOfTheSessionIsRefused() {
        spark.conf().set("spark.sinkstream.attention.sink.sise", "3");
        try {
            assertThatThrownBy(() -> spark.sql("SELECT sink_nll('a')"))
                    .isInstanceOf(AnalysisException.class)
                    .hasMessageContaining(
                            "there is no such setting; the nearest is" + " spark.sinkstream.attention.sink.size");
        } finally {
            spark.conf().unset("spark.sinkstream.attention.sink.sise");
        }
    }

    @Test
    void aTextWithoutAValueFailsTheQueryOrIsNullAsAnsiSays() {
        String query = "SELECT id, sink_nll(text, max_row_bytes => 10) FROM lines ORDER BY id";

        assertThatThrownBy(() -> rows(query))
                .rootCause()
                .hasMessageStartingWith("sink_nll: text and separator have ")
                .hasMessageEndingWith("; without spark.sql.ansi.enabled such a text gives null");
        spark.conf().set("spark.sql.ansi.enabled", "false");
        try {
            assertThat(rows(query).stream().map(row -> row.isNullAt(1)))
                    .containsExactly(true, true, false, true, true, true);
        } finally {
            spark.conf().unset("spark.sql.ansi.enabled");
        }
    }

    @ParameterizedTest
    @EnumSource(SinkFunction.class)
    void describeHasAnExampleThatRuns(SinkFunction function) {
        spark.conf().unset("spark.sinkstream.model");
        spark.conf().unset("spark.sinkstream.attention.sink.window.size");

        String described = rows("DESCRIBE FUNCTION EXTENDED " + function.sqlName()).stream()
                .map(row -> row.getString(0))
                .collect(Collectors.joining("\n"));

        assertThat(described)
                .contains("Usage: ", function.sqlName() + "(text", "Arguments:", "* attention_sink_size - ", "Since: ");
        List<String> lines = described.lines().map(String::strip).toList();
        int example = IntStream.range(0, lines.size())
                .filter(i -> lines.get(i).startsWith("> SELECT "))
                .findFirst()
                .orElseThrow();
        String query = lines.get(example).substring(2).replace(";", "");
        assertThat(rows(query))
                .extracting(row -> row.get(0).toString().strip())
                .containsExactly(lines.get(example + 1));
    }

    @Test
    void aStreamingTablesRowsAreScoredToo() throws Exception {
        Path input = Files.createDirectories(folder.resolve("streaming"));
        Files.write(input.resolve("lines.txt"), List.of("INFO started", "WARN odd"));

        Dataset<Row> scored = spark.readStream().text(input.toString()).selectExpr("value", "sink_tokens(value) AS n");
        StreamingQuery query = scored.writeStream()
                .format("memory")
                .queryName("scored")
                .option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(Trigger.AvailableNow())
                .start();
        query.awaitTermination();

        assertThat(rows("SELECT * FROM scored ORDER BY n"))
                .extracting(Row::toString)
                .containsExactly("[WARN odd,10]", "[INFO started,14]");
    }

    @Test
    void anEmptyTableHasNoRows() {
        assertThat(rows("SELECT sink_nll(text) FROM lines WHERE id > 10")).isEqualTo(Collections.emptyList());
    }
}
