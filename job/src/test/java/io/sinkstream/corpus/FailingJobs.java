package io.sinkstream.corpus;

import static org.apache.spark.sql.functions.call_udf;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.sum;

import io.sinkstream.harness.InstalledSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;

/** Jobs of {@link NoisySpark} that fail. */
final class FailingJobs {
    /** No task can have it: it can't be serialized. */
    private record Ledger(String name, int factor) {}

    private final JobData data;

    FailingJobs(JobData data) {
        this.data = data;
    }

    void run(String kind) throws Exception {
        switch (kind) {
            case "missing", "column", "syntax", "table", "exists", "corrupt", "malformed", "vanish", "denied" ->
                unread(kind);
            case "udf", "null", "divide", "cast", "collect", "exit", "large" -> untasked(kind);
            case "serialize", "pattern", "overflow" -> unseen(kind);
            default -> throw new IllegalArgumentException("no such job: " + kind);
        }
    }

    /** What is not there, not right or not allowed. */
    private void unread(String kind) throws Exception {
        switch (kind) {
            case "missing" ->
                data.spark().read().parquet(data.path().toString()).count();
            case "column" -> data.rows(100).select(data.column() + "_total").show();
            case "syntax" ->
                data.spark()
                        .sql("SELECT key, FROM " + data.noun() + " GROUP key")
                        .show();
            case "table" ->
                data.spark()
                        .sql("SELECT * FROM " + data.noun() + "_" + data.between(1, 99))
                        .show();
            case "exists" -> {
                String path = data.path().toString();
                data.rows(200).write().csv(path);
                data.rows(200).write().mode(SaveMode.ErrorIfExists).csv(path);
            }
            case "corrupt" -> {
                Path file = Files.createDirectories(data.path()).resolve("part-00000.parquet");
                byte[] bytes = new byte[data.between(20, 900)];
                data.random().nextBytes(bytes);
                Files.write(file, bytes);
                data.spark()
                        .read()
                        .schema("key STRING, amount DOUBLE")
                        .parquet(file.getParent().toString())
                        .count();
            }
            case "malformed" -> {
                Path file = Files.createDirectories(data.path()).resolve("rows.json");
                Files.writeString(file, "{\"key\": \"a\", \"n\": 1}\n{\"key\": \"b\", \"n\": }\n");
                data.spark()
                        .read()
                        .schema("key STRING, n INT")
                        .option("mode", "FAILFAST")
                        .json(file.toString())
                        .show();
            }
            case "vanish" -> {
                Path path = data.path();
                data.rows(2_000).write().parquet(path.toString());
                Dataset<Row> rows = data.spark().read().parquet(path.toString());
                InstalledSpark.deleteUnder(path, file -> file.toString().endsWith(".parquet"));
                rows.groupBy("key").count().show();
            }
            case "denied" -> data.rows(100).write().csv("/proc/" + data.noun());
            default -> throw new IllegalArgumentException(kind);
        }
    }

    /** Tasks that fail, end their JVM or want too much. */
    private void untasked(String kind) throws Exception {
        switch (kind) {
            case "udf" -> {
                int bad = data.between(1, 400);
                UDF1<Long, Long> check = id -> {
                    if (id % 401 == bad) {
                        throw new IllegalStateException("row " + id + " has no " + bad);
                    }
                    return id + 1;
                };
                data.spark().udf().register("checked", check, DataTypes.LongType);
                data.rows(20_000)
                        .select(call_udf("checked", col("id")).as("next"))
                        .agg(sum("next"))
                        .show();
            }
            case "null" -> {
                UDF1<String, Integer> length = note -> note.startsWith("F")
                        ? Map.<String, String>of().get(note).length()
                        : note.length();
                data.spark().udf().register("length_of", length, DataTypes.IntegerType);
                data.rows(5_000)
                        .select(call_udf("length_of", col("note")))
                        .write()
                        .mode("overwrite")
                        .csv(data.path().toString());
            }
            case "divide" ->
                data.rows(2_000)
                        .selectExpr("id / (id % " + data.between(2, 50) + ") as q")
                        .agg(sum("q"))
                        .show();
            case "cast" ->
                data.rows(2_000)
                        .selectExpr("cast(note as int) as n")
                        .agg(sum("n"))
                        .show();
            case "collect" ->
                data.rows(200_000).select(expr("repeat(note, 40)")).collectAsList();
            case "exit" -> {
                UDF1<Long, Long> exit = id -> {
                    if (id == 77) {
                        Runtime.getRuntime().halt(52);
                    }
                    return id;
                };
                data.spark().udf().register("exits", exit, DataTypes.LongType);
                data.rows(2_000)
                        .select(call_udf("exits", col("id")).as("next"))
                        .agg(sum("next"))
                        .show();
            }
            case "large" ->
                data.spark()
                        .range(0, 600_000, 1, 2)
                        .selectExpr("id", "sha2(cast(id as string), 512) as hash")
                        .sort("hash")
                        .write()
                        .csv(data.path().toString());
            default -> throw new IllegalArgumentException(kind);
        }
    }

    /** These have scenes of their own, so that a sample has them whatever was drawn. */
    private void unseen(String kind) throws Exception {
        switch (kind) {
            case "serialize" -> {
                Ledger ledger = new Ledger(data.noun(), data.between(2, 99));
                data.context()
                        .parallelize(List.of(1, 2, 3, 4))
                        .map(n -> ledger.name() + n * ledger.factor())
                        .count();
            }
            case "pattern" ->
                data.rows(2_000).where("key rlike '" + data.noun() + "-([0-9+'").count();
            case "overflow" ->
                data.rows(2_000)
                        .selectExpr("(9223372036854775807 - id) * " + data.between(2, 9) + " as n")
                        .agg(sum("n"))
                        .show();
            default -> throw new IllegalArgumentException(kind);
        }
    }
}
