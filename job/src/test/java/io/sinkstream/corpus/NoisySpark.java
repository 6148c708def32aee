package io.sinkstream.corpus;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.call_udf;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.rand;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;

import io.sinkstream.harness.InstalledSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plain jobs of Spark, drawn from a seed, some of which fail: what {@link LogCorpus} has Spark log. */
public final class NoisySpark {
    private static final Logger LOGGER = LoggerFactory.getLogger(NoisySpark.class);

    private static final List<String> NOUNS = List.of(
            "orders",
            "clicks",
            "sensors",
            "sessions",
            "payments",
            "users",
            "devices",
            "events",
            "invoices",
            "trips",
            "prices",
            "stock",
            "visits",
            "alerts",
            "meters",
            "parcels",
            "flights",
            "posts",
            "calls",
            "claims");

    private static final List<String> COLUMNS = List.of(
            "amount", "price", "duration", "bytes", "score", "weight", "latency", "distance", "volume", "level");

    /** No task can have it: it can't be serialized. */
    private record Ledger(String name, int factor) {}

    private final SparkSession spark;
    private final Random random;
    private final Path folder;

    private NoisySpark(SparkSession spark, Random random, Path folder) {
        this.spark = spark;
        this.random = random;
        this.folder = folder;
    }

    /** Runs: a folder, a seed, how many jobs, and kinds of jobs, of which failing ones are no more than asked for. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[1]));
        List<String> kinds = Arrays.asList(args).subList(3, args.length);
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            NoisySpark noisy = new NoisySpark(spark, random, Files.createDirectories(Path.of(args[0])));
            for (int i = 0; i < Integer.parseInt(args[2]); i++) {
                String kind = kinds.get(i % kinds.size());
                LOGGER.info("Job {} is {}", i, kind);
                noisy.tryRun(kind, i);
            }
            if (kinds.contains("die")) {
                noisy.run("missing");
            }
        }
    }

    private void tryRun(String kind, int number) {
        long start = System.nanoTime();
        try {
            run(kind);
            LOGGER.info("Job {} took {} ms", number, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        } catch (Exception e) {
            LOGGER.error("Job {} ({}) failed", number, kind, e);
        }
    }

    private String drawn(List<String> all) {
        return all.get(random.nextInt(all.size()));
    }

    private int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    /** Rows with an id, a key, a number and a text. */
    private Dataset<Row> rows(int most) {
        int keys = between(3, 500);
        return spark.range(0, between(100, most), 1, between(2, 12))
                .withColumn("key", expr("concat('" + drawn(NOUNS) + "-', id * " + between(3, 999) + " % " + keys + ")"))
                .withColumn(column(), rand(random.nextInt(1000)).multiply(between(10, 10_000)))
                .withColumn("note", expr("repeat(hex(id), " + between(1, 12) + ")"));
    }

    private String last = "amount";

    private String column() {
        last = drawn(COLUMNS);
        return last;
    }

    private Path path() {
        return folder.resolve(drawn(NOUNS) + "-" + Integer.toHexString(random.nextInt()));
    }

    private void run(String kind) throws Exception {
        switch (kind) {
            case "aggregate" ->
                rows(20_000)
                        .groupBy("key")
                        .agg(
                                sum(col(last)).as("total"),
                                avg(col(last)).as("mean"),
                                count(lit(1)).as("rows"))
                        .orderBy(col("total").desc())
                        .show(between(1, 8), false);
            case "join" -> {
                Dataset<Row> left = rows(20_000);
                String column = last;
                Dataset<Row> right =
                        rows(5_000).withColumnRenamed(last, "other").drop("id", "note");
                Dataset<Row> joined = left.join(
                        random.nextBoolean() ? broadcast(right) : right,
                        left.col("key").equalTo(right.col("key")),
                        drawn(List.of("inner", "left", "left_semi", "full")));
                joined.groupBy(left.col("key")).agg(sum(column)).count();
            }
            case "sort" ->
                rows(30_000)
                        .sort(col("note"), col("id").desc())
                        .write()
                        .mode(SaveMode.Overwrite)
                        .parquet(path().toString());
            case "cache" -> {
                Dataset<Row> rows = rows(20_000)
                        .persist(
                                drawn(List.of("memory", "disk")).equals("disk")
                                        ? StorageLevel.MEMORY_AND_DISK()
                                        : StorageLevel.MEMORY_ONLY());
                LOGGER.info("Cached {} rows", rows.count());
                rows.filter(col("id").mod(between(2, 9)).equalTo(1))
                        .groupBy("key")
                        .count()
                        .collectAsList();
                rows.unpersist(true);
            }
            case "window" ->
                rows(10_000)
                        .withColumn(
                                "n",
                                row_number()
                                        .over(Window.partitionBy("key")
                                                .orderBy(col(last).desc())))
                        .filter("n < " + between(2, 6))
                        .groupBy("n")
                        .agg(collect_list("id").as("ids"))
                        .selectExpr("n", "size(ids) as ids")
                        .show();
            case "files" -> {
                String format = drawn(List.of("json", "csv", "parquet", "orc", "text"));
                String path = path().toString();
                Dataset<Row> rows = rows(5_000);
                if (format.equals("text")) {
                    rows.select("note").write().text(path);
                } else {
                    rows.withColumn("part", col("id").mod(between(1, 5)))
                            .write()
                            .format(format)
                            .partitionBy("part")
                            .save(path);
                }
                LOGGER.info(
                        "{} rows in {}", spark.read().format(format).load(path).count(), path);
            }
            case "rdd" -> {
                JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
                List<Integer> numbers = new ArrayList<>();
                for (int i = between(50, 900); i > 0; i--) {
                    numbers.add(random.nextInt(1000));
                }
                var factor = context.broadcast(between(2, 9));
                JavaRDD<Integer> scaled =
                        context.parallelize(numbers, between(2, 24)).map(n -> n * factor.value());
                LOGGER.info(
                        "{} groups",
                        scaled.mapToPair(n -> new scala.Tuple2<>(n % 17, n))
                                .reduceByKey(Integer::sum, between(2, 8))
                                .sortByKey()
                                .count());
                factor.destroy();
            }
            case "sql" -> {
                rows(5_000).createOrReplaceTempView(drawn(NOUNS));
                String table = drawn(NOUNS);
                rows(3_000).createOrReplaceTempView(table);
                spark.sql("SELECT substr(key, 1, 5) AS k, count(*), max(" + last + ") FROM " + table + " WHERE id > "
                                + between(1, 50) + " GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC LIMIT "
                                + between(2, 9))
                        .show();
            }
            case "stream" -> {
                StreamingQuery query = spark.readStream()
                        .format("rate")
                        .option("rowsPerSecond", between(5, 500))
                        .load()
                        .groupBy(col("value").mod(between(2, 9)))
                        .count()
                        .writeStream()
                        .outputMode("complete")
                        .format("memory")
                        .queryName(drawn(NOUNS) + between(1, 99))
                        .start();
                query.awaitTermination(TimeUnit.SECONDS.toMillis(between(2, 5)));
                query.stop();
            }
            // What follows fails.
            case "missing" -> spark.read().parquet(path().toString()).count();
            case "column" -> rows(100).select(drawn(COLUMNS) + "_total").show();
            case "syntax" ->
                spark.sql("SELECT key, FROM " + drawn(NOUNS) + " GROUP key").show();
            case "table" ->
                spark.sql("SELECT * FROM " + drawn(NOUNS) + "_" + between(1, 99))
                        .show();
            case "udf" -> {
                int bad = between(1, 400);
                UDF1<Long, Long> check = id -> {
                    if (id % 401 == bad) {
                        throw new IllegalStateException("row " + id + " has no " + bad);
                    }
                    return id + 1;
                };
                spark.udf().register("checked", check, DataTypes.LongType);
                rows(20_000)
                        .select(call_udf("checked", col("id")).as("next"))
                        .agg(sum("next"))
                        .show();
            }
            case "null" -> {
                UDF1<String, Integer> length = note -> note.startsWith("F")
                        ? Map.<String, String>of().get(note).length()
                        : note.length();
                spark.udf().register("length_of", length, DataTypes.IntegerType);
                rows(5_000)
                        .select(call_udf("length_of", col("note")))
                        .write()
                        .mode("overwrite")
                        .csv(path().toString());
            }
            case "divide" ->
                rows(2_000)
                        .selectExpr("id / (id % " + between(2, 50) + ") as q")
                        .agg(sum("q"))
                        .show();
            case "cast" ->
                rows(2_000).selectExpr("cast(note as int) as n").agg(sum("n")).show();
            case "exists" -> {
                String path = path().toString();
                rows(200).write().csv(path);
                rows(200).write().mode(SaveMode.ErrorIfExists).csv(path);
            }
            case "corrupt" -> {
                Path file = Files.createDirectories(path()).resolve("part-00000.parquet");
                byte[] bytes = new byte[between(20, 900)];
                random.nextBytes(bytes);
                Files.write(file, bytes);
                spark.read()
                        .schema("key STRING, amount DOUBLE")
                        .parquet(file.getParent().toString())
                        .count();
            }
            case "malformed" -> {
                Path file = Files.createDirectories(path()).resolve("rows.json");
                Files.writeString(file, "{\"key\": \"a\", \"n\": 1}\n{\"key\": \"b\", \"n\": }\n");
                spark.read()
                        .schema("key STRING, n INT")
                        .option("mode", "FAILFAST")
                        .json(file.toString())
                        .show();
            }
            case "vanish" -> {
                Path path = path();
                rows(2_000).write().parquet(path.toString());
                Dataset<Row> rows = spark.read().parquet(path.toString());
                InstalledSpark.deleteUnder(path, file -> file.toString().endsWith(".parquet"));
                rows.groupBy("key").count().show();
            }
            case "denied" -> rows(100).write().csv("/proc/" + drawn(NOUNS));
            case "collect" -> rows(200_000).select(expr("repeat(note, 40)")).collectAsList();
            case "exit" -> {
                UDF1<Long, Long> exit = id -> {
                    if (id == 77) {
                        Runtime.getRuntime().halt(52);
                    }
                    return id;
                };
                spark.udf().register("exits", exit, DataTypes.LongType);
                rows(2_000)
                        .select(call_udf("exits", col("id")).as("next"))
                        .agg(sum("next"))
                        .show();
            }
            // These are the samples' own: a model that was trained on the corpus has seen none of them.
            case "serialize" -> {
                Ledger ledger = new Ledger(drawn(NOUNS), between(2, 99));
                JavaSparkContext.fromSparkContext(spark.sparkContext())
                        .parallelize(List.of(1, 2, 3, 4))
                        .map(n -> ledger.name() + n * ledger.factor())
                        .count();
            }
            case "pattern" ->
                rows(2_000).where("key rlike '" + drawn(NOUNS) + "-([0-9+'").count();
            case "overflow" ->
                rows(2_000)
                        .selectExpr("(9223372036854775807 - id) * " + between(2, 9) + " as n")
                        .agg(sum("n"))
                        .show();
            case "large" ->
                spark.range(0, 600_000, 1, 2)
                        .selectExpr("id", "sha2(cast(id as string), 512) as hash")
                        .sort("hash")
                        .write()
                        .csv(path().toString());
            case "die" -> LOGGER.warn("This application ends with an exception");
            default -> throw new IllegalArgumentException("no such job: " + kind);
        }
    }
}
