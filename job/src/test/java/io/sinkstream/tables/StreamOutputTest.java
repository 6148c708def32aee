package io.sinkstream.tables;

import static org.assertj.core.api.Assertions.assertThatNoException;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.testing.TestSession;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamOutputTest {
    /** Spark would look for a field of a column there, and find none after the checkpoint was begun. */
    @ParameterizedTest
    @ValueSource(strings = {"host.name", "k`y", "in.name"})
    void aRecordOfKafkaGetsItsKeyFromWhateverTheColumnIsCalled(String key) {
        Dataset<Row> rows = TestSession.get()
                .readStream()
                .format("rate")
                .load()
                .selectExpr(
                        "CAST(value AS STRING) AS `host.name`",
                        "value AS `k``y`",
                        "named_struct('name', 'x') AS `in`",
                        "value AS seq");
        StreamOutput output = new StreamOutput("kafka", null, Map.of("topic", "out"));

        assertThatNoException().isThrownBy(() -> output.writer(rows, new StreamColumns(key, "seq", null, null)));
    }
}
