package io.sinkstream.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.SameRows;
import io.sinkstream.ml.StreamGenerator;
import io.sinkstream.ml.StreamScorer;
import io.sinkstream.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Functions of a table: what {@code score} and {@code generate} make of it, wherever a query can have a table. */
class KeyedTablesTest {
    private SparkSession spark;

    @BeforeEach
    void begin() {
        spark = SqlSession.get();
        spark.sql(
                        """
                SELECT * FROM VALUES ('a', 2, 'INFO SparkContext: Submitted application'), ('b', 1, 'INFO started'),
                  ('a', 1, 'INFO SparkContext: Running Spark'), ('a', 2, 'twice'), (NULL, 3, 'no key'), ('b', 7, NULL)
                  AS (host, time, text)
                """)
                .createOrReplaceTempView("logs");
    }

    private List<String> rows(String query) {
        return spark.sql(query).collectAsList().stream().map(Row::toString).toList();
    }

    @Test
    void aTablesRowsAreScoredAsScoreDoes() {
        Dataset<Row> scored = new StreamScorer()
                .setKeyCol("host")
                .setOrderCol("time")
                .set("attention-sink-window-size", "60")
                .set("dtype", "float32")
                .set("token-nll", "true")
                .transform(spark.table("logs"));

        Dataset<Row> found = spark.sql("SELECT * FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time,"
                + " model => 'builtin', attention_sink_window_size => 60, dtype => 'float32', token_nll => true)");

        assertThat(found.count()).isEqualTo(6);
        SameRows.assertSame(found, scored);
    }

    @Test
    void rowsAreJudgedByACalibration(@TempDir Path folder) throws Exception {
        Path ordinary = folder.resolve("ordinary.json");
        Path others = Files.writeString(
                folder.resolve("others.json"),
                "{\"host\":\"x\",\"time\":1,\"text\":\"WARN TaskSetManager: Lost task\"}\n");
        Command.run(
                        "score",
                        "--input",
                        others.toString(),
                        "--key",
                        "host",
                        "--order",
                        "time",
                        "--calibration-output",
                        ordinary.toString())
                .succeeded();
        Dataset<Row> scored = new StreamScorer()
                .setKeyCol("host")
                .setOrderCol("time")
                .set("calibrate", ordinary.toString())
                .set("alarm-rate", "0.5")
                .transform(spark.table("logs"))
                .select("host", "time", "text", "p_value", "odd");

        Dataset<Row> found = spark.sql(String.format(
                "SELECT host, time, text, p_value, odd FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time,"
                        + " model => 'builtin', calibrate => '%s', alarm_rate => 0.5)",
                ordinary));

        assertThat(found.where("p_value IN (0.5, 1) AND odd = (p_value = 0.5)").count())
                .isEqualTo(3);
        SameRows.assertSame(found, scored);
    }

    @Test
    void aTablesTurnsAreContinuedAsGenerateDoes() {
        Dataset<Row> continued = new StreamGenerator()
                .setKeyCol("host")
                .setOrderCol("time")
                .set("max-new-tokens", "4")
                .set("dtype", "float32")
                .setPrefix("x_")
                .transform(spark.table("logs"));

        Dataset<Row> found = spark.sql("SELECT * FROM sink_generate(TABLE(SELECT * FROM logs) PARTITION BY host"
                + " ORDER BY time, max_new_tokens => 4, dtype => 'float32', prefix => 'x_')");

        SameRows.assertSame(found, continued);
    }

    @Test
    void tokensGetTheReferencesNumbers() {
        Golden golden = Golden.require("llama");
        Golden.Streaming streaming = golden.streaming().get(0);

        List<Row> rows = spark.sql(String.format(
                        "SELECT token_nll FROM sink_score(TABLE(SELECT 'k' AS key, pos, array(id) AS ids FROM (SELECT"
                                + " posexplode(array(%s)) AS (pos, id))) PARTITION BY key ORDER BY pos, tokens => 'ids',"
                                + " token_nll => true, model => '%s', attention_sink_size => %d,"
                                + " attention_sink_window_size => %d) ORDER BY pos",
                        Arrays.stream(golden.ids()).mapToObj(String::valueOf).collect(Collectors.joining(",")),
                        golden.folder(),
                        streaming.sinks(),
                        streaming.window()))
                .collectAsList();

        assertThat(rows).hasSize(golden.ids().length);
        for (int i = 1; i < rows.size(); i++) {
            assertThat(rows.get(i).<Double>getList(0).get(0))
                    .isCloseTo(streaming.nll()[i - 1], within(1e-4));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
        SELECT sum(tokens) FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time) WHERE host = 'b' | [4]
        WITH l AS (SELECT host, time AS t, text AS line FROM logs WHERE host = 'b') SELECT tokens FROM sink_score(TABLE(l) PARTITION BY host ORDER BY t, text => 'line') WHERE t = 1 | [4]
        WITH l AS (SELECT * FROM logs), s AS (SELECT * FROM sink_score(TABLE(l) PARTITION BY host ORDER BY time)) SELECT x.tokens FROM s x JOIN s y ON x.host = y.host AND x.time = y.time WHERE x.host = 'b' AND x.time = 1 | [4]
        SELECT (SELECT max(tokens) FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time) WHERE host = 'b') | [4]
        SELECT tokens FROM sink_score(TABLE(SELECT logs.host AS h, time, text FROM logs) PARTITION BY H ORDER BY time) WHERE h = 'b' AND time = 1 | [4]
        SELECT max(error) FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY (time, host)) WHERE time = 3 | [the key is null]
        SELECT count(*) FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time, late => 'drop') | [5]
        """)
    void tablesAreTakenWhereverTheyAre(String query, String expected) {
        assertThat(rows(query)).containsExactly(expected);
    }

    @Test
    void aViewCanHaveIt() {
        spark.sql("CREATE OR REPLACE TEMP VIEW scored AS"
                + " SELECT * FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time)");

        assertThat(rows("SELECT tokens FROM scored WHERE host = 'b' AND time = 1"))
                .containsExactly("[4]");
        assertThatThrownBy(() -> spark.sql("CREATE VIEW kept_scores AS SELECT tokens FROM sink_score("
                        + "TABLE(SELECT 'a' AS host, 1 AS time, 'x' AS text) PARTITION BY host ORDER BY time)"))
                .isInstanceOf(AnalysisException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
        sink_score(TABLE(logs))                                             | PARTITION BY is missing: it names the column
        sink_score(TABLE(logs) WITH SINGLE PARTITION ORDER BY time)         | PARTITION BY is missing: it names the column
        sink_score(TABLE(logs) PARTITION BY host)                           | ORDER BY is missing
        sink_score(TABLE(logs) PARTITION BY (host, time) ORDER BY time)     | PARTITION BY has 2 columns, and there can be 1
        sink_score(TABLE(logs) PARTITION BY upper(host) ORDER BY time)      | is no column of the table; make one of it there
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time DESC)        | is descending; a stream's rows come in ascending order
        sink_score(TABLE(logs) PARTITION BY hots ORDER BY time)             | hots
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time, text => 'x') | --text: there is no column x
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time, txt => 'x') | there is no argument txt; the nearest is text
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time, text => 'time') | --text: column time is of type int
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time, attention_sink_window_size => 'wide') | --attention-sink-window-size: "wide" is
        sink_generate(TABLE(logs) PARTITION BY host ORDER BY time, max_new_tokens => 0) | --max-new-tokens: "0" is
        sink_generate(TABLE(logs))                                          | PARTITION BY is missing
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time, key => 'x') | there is no argument key
        sink_score(TABLE(logs) PARTITION BY host ORDER BY time, model => '/no/such') | /no/such
        sink_score(TABLE(SELECT *, 1 AS nll FROM logs) PARTITION BY host ORDER BY time) | the input has a column nll already
        sink_score('logs')                                                  | the first argument is a table
        sink_score()                                                        | the first argument is a table
        sink_generate(TABLE(logs) PARTITION BY host ORDER BY time, separator => '') | there is no argument separator
        """)
    void whatIsWrongIsToldBeforeAJob(String call, String message) {
        assertThatThrownBy(() -> rows("SELECT * FROM " + call))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining(message);
    }

    @Test
    void columnsOfTheQueryAroundItAreRefused() {
        assertThatThrownBy(() -> rows("SELECT * FROM logs l, LATERAL (SELECT max(nll) FROM sink_score(TABLE(SELECT"
                        + " * FROM logs WHERE host = l.host) PARTITION BY host ORDER BY time))"))
                .isInstanceOf(AnalysisException.class);
    }

    @Test
    void aStreamingTableIsRefused(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("a.json"), "{\"host\":\"a\",\"time\":1,\"text\":\"x\"}\n");
        spark.readStream()
                .schema("host STRING, time INT, text STRING")
                .json(folder.toString())
                .createOrReplaceTempView("endless");

        assertThatThrownBy(() -> spark.sql("SELECT * FROM sink_score(TABLE(endless) PARTITION BY host ORDER BY time)"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("StreamScorer and StreamGenerator take it");
    }

    @ParameterizedTest
    @EnumSource(TableFunction.class)
    void describeHasAnExampleThatRuns(TableFunction function) {
        List<String> lines = rows("DESCRIBE FUNCTION EXTENDED " + function.sqlName()).stream()
                .flatMap(String::lines)
                .map(String::strip)
                .toList();

        String query =
                lines.stream().filter(line -> line.startsWith("> ")).findFirst().orElseThrow();
        assertThat(rows(query.substring(2).replace(";", "")))
                .singleElement()
                .asString()
                .matches(function == TableFunction.SCORE ? "\\[4]" : "(?s)\\[.+]")
                .isNotEqualTo("[null]");
    }
}
