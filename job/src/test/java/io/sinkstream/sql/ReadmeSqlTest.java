package io.sinkstream.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The README's queries run as they stand there. */
class ReadmeSqlTest {
    private static final Pattern SNIPPET = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

    static List<String> queries() throws IOException {
        String readme = Files.readString(Path.of(System.getProperty("basedir", "."), "../README.md"));
        List<String> queries = SNIPPET.matcher(readme)
                .results()
                .map((MatchResult snippet) -> snippet.group(1))
                .flatMap(snippet -> Stream.of(snippet.split(";\\s*")))
                .filter(query -> !query.isBlank())
                .toList();
        assertThat(queries).hasSizeGreaterThan(3);
        return queries;
    }

    @ParameterizedTest
    @MethodSource("queries")
    void aQueryRuns(String query) {
        SparkSession spark = SqlSession.get();
        spark.sql("SELECT * FROM VALUES ('a', 1, 'INFO started'), ('a', 2, 'INFO done') AS (host, time, text)")
                .createOrReplaceTempView("logs");

        List<Row> rows = spark.sql(query).collectAsList();

        assertThat(rows).isNotNull();
        assertThat(query.contains("SET ") || !rows.isEmpty()).isTrue();
    }
}
