package io.sinkstream.harness;

import java.nio.file.Path;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program of a user's, which names nothing of sinkstream's: SQL over its functions, and a pipeline that another program saved. Arguments
 * are rows as JSON lines, the pipeline, and a folder for the results.
 */
public final class SqlProgram {
    private SqlProgram() {}

    public static void main(String[] args) {
        Path results = Path.of(args[2]);
        SparkSession spark = SparkSession.builder().getOrCreate();
        Dataset<Row> rows = spark.read().json(args[0]);
        rows.createOrReplaceTempView("rows");
        write(spark.sql("SELECT key, seq, text, sink_nll(text) AS nll FROM rows"), results.resolve("function"));
        write(
                spark.sql("SELECT * FROM sink_score(TABLE(rows) PARTITION BY key ORDER BY seq)"),
                results.resolve("table"));
        write(PipelineModel.load(args[1]).transform(rows), results.resolve("pipeline"));
        spark.stop();
    }

    private static void write(Dataset<Row> table, Path folder) {
        table.write().parquet(folder.toString());
    }
}
