package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.rows.Order;
import io.sinkstream.testing.TestSession;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spark's values, as the engine weighs and compares them. */
class RowValuesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1Y; -1Y; 127Y",
                "1L; -9223372036854775808L; 9223372036854775807L; 0L",
                "0D; -0D; DOUBLE('NaN'); DOUBLE('-Infinity'); DOUBLE('Infinity'); -1.5D; 1.5D",
                "FLOAT('NaN'); FLOAT(0); FLOAT('-0'); FLOAT(3)",
                "'b'; ''; 'a'; 'ab'; 'ä'; '\uD83D\uDE80'; '\uFFFD'",
                "X'00'; X''; X'FF'; X'0001'; X'7F'",
                "true; false",
                "DATE'1969-12-31'; DATE'2024-02-29'; DATE'1582-10-04'",
                "TIMESTAMP'1969-12-31 23:59:59.999999'; TIMESTAMP'2024-01-01 00:00:00'; TIMESTAMP'2024-01-01 00:00:00.000001'",
                "TIMESTAMP_NTZ'1969-12-31 23:59:59'; TIMESTAMP_NTZ'2024-01-01 00:00:00'",
                "INTERVAL '1-2' YEAR TO MONTH; INTERVAL '-1-0' YEAR TO MONTH",
                "INTERVAL '1 00:00:00.000001' DAY TO SECOND; INTERVAL '-1 00:00:00' DAY TO SECOND",
                "CAST(1.25 AS DECIMAL(38,2)); CAST('-999999999999999999999999999999999999.99' AS DECIMAL(38,2));"
                        + " CAST('999999999999999999999999999999999999.99' AS DECIMAL(38,2)); CAST(-7 AS DECIMAL(38,2));"
                        + " CAST('10000000000000000' AS DECIMAL(38,2)); CAST('-10000000000000000' AS DECIMAL(38,2))",
                "named_struct('a', 1, 'b', 'x'); named_struct('a', CAST(NULL AS INT), 'b', 'x');"
                        + " named_struct('a', 1, 'b', CAST(NULL AS STRING)); named_struct('a', -1, 'b', 'z')",
                "array(1, 2); array(1); array(CAST(NULL AS INT)); CAST(array() AS ARRAY<INT>); array(1, -2); array(1, NULL)",
            })
    void ordersCompareAsSparkSorts(String values) {
        String rows =
                Stream.of(values.split(";")).map(value -> "(" + value + ")").collect(Collectors.joining(","));
        List<Row> ranked = TestSession.get()
                .sql("SELECT x, dense_rank() OVER (ORDER BY x) FROM VALUES " + rows + " AS t(x)")
                .collectAsList();

        assertThat(ranked).hasSizeGreaterThan(1);
        for (Row a : ranked) {
            for (Row b : ranked) {
                Order first = RowValues.order(a.get(0));
                Order second = RowValues.order(b.get(0));
                assertThat(Integer.signum(first.compareTo(second)))
                        .as("%s and %s", first, second)
                        .isEqualTo(Integer.compare(a.getInt(1), b.getInt(1)));
            }
        }
    }

    @Test
    void aRowWeighsWhatItHolds() {
        String text = "x".repeat(100_000);

        assertThat(RowValues.bytes(RowFactory.create(1L, null))).isLessThan(100);
        assertThat(RowValues.bytes(RowFactory.create("k", text))).isBetween(100_000L, 210_000L);
        assertThat(RowValues.bytes(RowFactory.create(new byte[100_000], 1))).isBetween(100_000L, 101_000L);
        Row nested = TestSession.get()
                .sql("SELECT array_repeat(named_struct('a', repeat('y', 1000)), 100), sequence(1, 1000),"
                        + " map('k', repeat('z', 5000))")
                .first();
        assertThat(RowValues.bytes(nested)).isBetween(100_000L + 8_000 + 5_000, 300_000L);
    }
}
