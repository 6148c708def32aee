package io.sinkstream.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.harness.SameRows;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A transformer within a streaming query that is the user's own. */
class UserQueriesTest {
    private static final String SCHEMA = "host STRING, seq BIGINT, text STRING";

    /** Rows that came out of the model. */
    private static final LongAdder RUN = new LongAdder();

    @TempDir
    Path folder;

    private SparkSession spark;

    @BeforeEach
    void write() throws IOException {
        spark = TestSession.get();
        RUN.reset();
        Files.createDirectories(folder.resolve("in"));
        write(
                "one",
                "{\"host\":\"a\",\"seq\":1,\"text\":\"INFO started\"}\n{\"host\":\"b\",\"seq\":1,\"text\":\"x\"}\n");
        write("two", "{\"host\":\"a\",\"seq\":2,\"text\":\"INFO done\"}\n{\"host\":\"b\",\"seq\":2}\n");
    }

    private void write(String file, String rows) throws IOException {
        Files.writeString(folder.resolve("in").resolve(file + ".json"), rows);
    }

    private StreamScorer scorer() {
        return new StreamScorer()
                .setKeyCol("host")
                .setOrderCol("seq")
                .set("dtype", "float32")
                .set("partitions", "1")
                .set("attention-sink-window-size", "60");
    }

    private StreamScorer endless() {
        return scorer().setCheckpoint(path("checkpoint"));
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private Dataset<Row> streaming(int filesAtOnce) {
        return spark.readStream()
                .schema(SCHEMA)
                .option("maxFilesPerTrigger", filesAtOnce)
                .json(path("in"));
    }

    private static Dataset<Row> counted(Dataset<Row> rows) {
        MapFunction<Row, Row> count = row -> {
            RUN.increment();
            return row;
        };
        return rows.map(count, Encoders.row(rows.schema()));
    }

    private void run(DataStreamWriter<Row> writer) throws Exception {
        writer.option("checkpointLocation", path("checkpoint"))
                .trigger(Trigger.AvailableNow())
                .start()
                .awaitTermination();
    }

    private void run(Dataset<Row> rows, VoidFunction2<Dataset<Row>, Long> eachBatch) throws Exception {
        run(rows.writeStream().foreachBatch(eachBatch));
    }

    @ParameterizedTest
    @CsvSource({"true, 4", "false, 8"})
    void whatIsKeptInForeachBatchIsScoredOnce(boolean isKept, long run) throws Exception {
        run(counted(endless().transform(streaming(2))), (rows, batch) -> {
            Dataset<Row> batchRows = isKept ? rows.persist() : rows;
            batchRows.write().mode("overwrite").parquet(path("scored/batch=" + batch));
            batchRows.where("error IS NOT NULL").write().mode("overwrite").parquet(path("odd/batch=" + batch));
            rows.unpersist();
        });

        assertThat(RUN.sum()).isEqualTo(run);
        SameRows.assertSame(
                spark.read().parquet(path("scored")).drop("batch"),
                scorer().transform(spark.read().schema(SCHEMA).json(path("in"))));
        assertThat(spark.read().parquet(path("odd")).select("text").collectAsList())
                .singleElement()
                .hasToString("[null]");
    }

    @Test
    void aTransformerThatIsCalledInForeachBatchBeginsEachStreamAnew() throws Exception {
        run(streaming(1), (rows, batch) -> scorer().transform(rows).write().parquet(path("scored/batch=" + batch)));

        Dataset<Row> second = spark.read().parquet(path("scored/batch=1"));
        SameRows.assertSame(
                second, scorer().transform(spark.read().schema(SCHEMA).json(path("in/two.json"))));
        assertThat(second.where("error IS NULL").count()).isEqualTo(1);
    }

    @Test
    void aFunctionThatLeavesRowsUnreadEndsTheQuery() {
        assertThatThrownBy(() -> run(endless().transform(streaming(1)), (rows, batch) -> {}))
                .isInstanceOf(StreamingQueryException.class);
    }

    /** Whichever session it is in that the query is started from. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void aQueryThatKeepsItselfElsewhereIsRefused(Way way) {
        Dataset<Row> another = endless().setCheckpoint(path("another")).transform(streaming(1));

        assertThatThrownBy(() -> run(way.table(another).writeStream().format("noop")))
                .isInstanceOf(StreamingQueryException.class)
                .hasMessageContaining("--checkpoint: the table was made for the query of " + path("another")
                        + ", and the query's checkpointLocation is file:" + path("checkpoint")
                        + "; give both the same");
    }

    /** Where the table of a transformer goes. */
    private enum Way {
        ITSELF {
            @Override
            Dataset<Row> table(Dataset<Row> scored) {
                return scored;
            }
        },
        INTO_ANOTHER_SESSION {
            @Override
            Dataset<Row> table(Dataset<Row> scored) {
                scored.createOrReplaceGlobalTempView("scored_elsewhere");
                SparkSession other = TestSession.get().newSession();
                other.conf()
                        .set("spark.sql.streaming.stateStore.providerClass", RocksDBStateStoreProvider.class.getName());
                return other.table("global_temp.scored_elsewhere");
            }
        };

        abstract Dataset<Row> table(Dataset<Row> scored);
    }

    @Test
    void aQueryHasOneTransformer() {
        for (StreamScorer first : List.of(scorer(), endless())) {
            Dataset<Row> scored = first.transform(streaming(1)).withColumn("more", functions.lit(1));

            assertThatThrownBy(() -> scorer().setPrefix("x_")
                            .setCheckpoint(path("second"))
                            .transform(scored))
                    .isInstanceOf(UserException.class)
                    .hasMessage("--input: this table's streams are scored or continued already, and a query does one of"
                            + " it, once; write its rows, and read them in another query");
            assertThat(folder.resolve("second")).doesNotExist();
        }
    }

    @Test
    void aQueryThatWouldWriteAllRowsAgainIsRefused() {
        assertThatThrownBy(() -> run(endless()
                        .transform(streaming(1))
                        .writeStream()
                        .format("noop")
                        .outputMode("complete")))
                .hasMessageContaining("output mode");
    }
}
