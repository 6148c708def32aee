package io.sinkstream.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program of a user's, which names nothing of sinkstream's: SQL over its functions, and a pipeline that another program saved. Arguments
 * are rows as JSON lines, the pipeline, a folder for the results, and perhaps the documents, whose queries are run too.
 */
public final class SqlProgram {
    private SqlProgram() {}

    public static void main(String[] args) throws IOException {
        Path results = Path.of(args[2]);
        SparkSession spark = SparkSession.builder().getOrCreate();
        Dataset<Row> rows = spark.read().json(args[0]);
        rows.createOrReplaceTempView("rows");
        write(spark.sql("SELECT key, seq, text, sink_nll(text) AS nll FROM rows"), results.resolve("function"));
        write(
                spark.sql("SELECT * FROM sink_score(TABLE(rows) PARTITION BY key ORDER BY seq)"),
                results.resolve("table"));
        write(PipelineModel.load(args[1]).transform(rows), results.resolve("pipeline"));
        if (args.length > 3) {
            spark.sql(ReadmeSql.LOGS).createOrReplaceTempView("logs");
            for (String query : ReadmeSql.queries(Files.readString(Path.of(args[3])))) {
                if (spark.sql(query).isEmpty()) {
                    throw new IllegalStateException("no rows: " + query);
                }
            }
        }
        spark.stop();
    }

    private static void write(Dataset<Row> table, Path folder) {
        table.write().parquet(folder.toString());
    }
}
