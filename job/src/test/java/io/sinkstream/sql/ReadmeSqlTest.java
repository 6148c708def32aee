package io.sinkstream.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Documents;
import io.sinkstream.harness.ReadmeSql;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents' queries run as they stand there. */
class ReadmeSqlTest {
    static List<String> queries() throws IOException {
        List<String> queries = ReadmeSql.queries(Documents.text());
        assertThat(queries).hasSizeGreaterThan(3);
        return queries;
    }

    @ParameterizedTest
    @MethodSource("queries")
    void aQueryRuns(String query) {
        SparkSession spark = SqlSession.get();
        spark.sql(ReadmeSql.LOGS).createOrReplaceTempView("logs");

        List<Row> rows = spark.sql(query).collectAsList();

        assertThat(rows).isNotEmpty();
    }
}
