package io.sinkstream.corpus;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.call_udf;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.split;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.window;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.clustering.KMeans;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jobs of {@link NoisySpark} that succeed. */
final class OrdinaryJobs {
    static final List<String> KINDS = List.of(
            "aggregate",
            "join",
            "sort",
            "cache",
            "window",
            "files",
            "rdd",
            "sql",
            "stream",
            "cube",
            "words",
            "union",
            "udf-ok",
            "kept",
            "sample",
            "saved",
            "counters",
            "events",
            "cluster-rows",
            "table-as");

    private static final Logger LOGGER = LoggerFactory.getLogger(NoisySpark.class);

    /** How often it is looked, each 20 ms, whether a query is between two batches. */
    private static final int LOOKS = 500;

    /** From the beginning of a batch to that of the next, milliseconds. */
    private static final long TRIGGER = 4_000;

    private final JobData data;

    OrdinaryJobs(JobData data) {
        this.data = data;
    }

    void run(String kind) throws Exception {
        switch (kind) {
            case "aggregate" -> aggregate();
            case "join" -> join();
            case "sort" -> sort();
            case "cache" -> cache();
            case "window" -> ranked();
            case "files" -> files();
            case "rdd" -> rdd();
            case "sql" -> sql();
            case "stream" -> stream();
            case "cube" -> cube();
            case "words" -> words();
            case "union" -> union();
            case "udf-ok" -> function();
            case "kept" -> kept();
            case "sample" -> sample();
            case "saved" -> saved();
            case "counters" -> counters();
            case "events" -> events();
            case "cluster-rows" -> clusters();
            case "table-as" -> table();
            default -> throw new IllegalArgumentException("no such job: " + kind);
        }
    }

    private void aggregate() {
        data.rows(20_000)
                .groupBy("key")
                .agg(
                        sum(col(data.last())).as("total"),
                        avg(col(data.last())).as("mean"),
                        count(lit(1)).as("rows"))
                .orderBy(col("total").desc())
                .show(data.between(1, 8), false);
    }

    private void join() {
        Dataset<Row> left = data.rows(20_000);
        String column = data.last();
        Dataset<Row> right =
                data.rows(5_000).withColumnRenamed(data.last(), "other").drop("id", "note");
        Dataset<Row> joined = left.join(
                data.random().nextBoolean() ? broadcast(right) : right,
                left.col("key").equalTo(right.col("key")),
                data.drawn(List.of("inner", "left", "left_semi", "full")));
        joined.groupBy(left.col("key")).agg(sum(column)).count();
    }

    private void sort() {
        data.rows(30_000)
                .sort(col("note"), col("id").desc())
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(data.path().toString());
    }

    private void cache() {
        Dataset<Row> rows = data.rows(20_000)
                .persist(data.random().nextBoolean() ? StorageLevel.MEMORY_AND_DISK() : StorageLevel.MEMORY_ONLY());
        LOGGER.info("Cached {} rows", rows.count());
        rows.filter(col("id").mod(data.between(2, 9)).equalTo(1))
                .groupBy("key")
                .count()
                .collectAsList();
        rows.unpersist(true);
    }

    private void ranked() {
        data.rows(10_000)
                .withColumn(
                        "n",
                        row_number()
                                .over(Window.partitionBy("key")
                                        .orderBy(col(data.last()).desc())))
                .filter("n < " + data.between(2, 6))
                .groupBy("n")
                .agg(collect_list("id").as("ids"))
                .selectExpr("n", "size(ids) as ids")
                .show();
    }

    private void files() {
        String format = data.drawn(List.of("json", "csv", "parquet", "orc", "text"));
        String path = data.path().toString();
        Dataset<Row> rows = data.rows(5_000);
        if (format.equals("text")) {
            rows.select("note").write().text(path);
        } else {
            rows.withColumn("part", col("id").mod(data.between(1, 5)))
                    .write()
                    .format(format)
                    .partitionBy("part")
                    .save(path);
        }
        LOGGER.info(
                "{} rows in {}", data.spark().read().format(format).load(path).count(), path);
    }

    private void rdd() {
        JavaSparkContext context = data.context();
        List<Integer> numbers = new ArrayList<>();
        for (int i = data.between(50, 900); i > 0; i--) {
            numbers.add(data.random().nextInt(1000));
        }
        Broadcast<Integer> factor = context.broadcast(data.between(2, 9));
        JavaRDD<Integer> scaled =
                context.parallelize(numbers, data.between(2, 24)).map(n -> n * factor.value());
        LOGGER.info(
                "{} groups",
                scaled.mapToPair(n -> new scala.Tuple2<>(n % 17, n))
                        .reduceByKey(Integer::sum, data.between(2, 8))
                        .sortByKey()
                        .count());
        factor.destroy();
    }

    private void sql() {
        data.rows(5_000).createOrReplaceTempView(data.noun());
        String table = data.noun();
        data.rows(3_000).createOrReplaceTempView(table);
        data.spark()
                .sql("SELECT substr(key, 1, 5) AS k, count(*), max(" + data.last() + ") FROM " + table + " WHERE id > "
                        + data.between(1, 50) + " GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC LIMIT "
                        + data.between(2, 9))
                .show();
    }

    private void stream() throws Exception {
        run(data.spark()
                .readStream()
                .format("rate")
                .option("rowsPerSecond", data.between(5, 500))
                .load()
                .groupBy(col("value").mod(data.between(2, 9)))
                .count()
                .writeStream()
                .outputMode("complete")
                .format("memory"));
    }

    /** Windows of event time, with a watermark, or each value once. */
    private void events() throws Exception {
        Dataset<Row> rows = data.spark()
                .readStream()
                .format("rate")
                .option("rowsPerSecond", data.between(5, 200))
                .load()
                .withWatermark("timestamp", data.between(1, 20) + " seconds");
        Dataset<Row> kept = data.random().nextBoolean()
                ? rows.groupBy(seconds(rows)).count()
                : rows.dropDuplicates("value", "timestamp");
        run(kept.writeStream().outputMode("append").format("noop"));
    }

    private static Column seconds(Dataset<Row> rows) {
        return window(rows.col("timestamp"), "2 seconds");
    }

    private void run(DataStreamWriter<Row> writer) throws Exception {
        StreamingQuery query = writer.queryName(data.noun() + data.between(1, 99))
                .trigger(Trigger.ProcessingTime(TRIGGER))
                .start();
        query.awaitTermination(TimeUnit.SECONDS.toMillis(data.between(4, 9)));
        // A batch would be interrupted, and tell of that. Between two there is time, unless they take longer than the
        // trigger.
        for (int i = 0; i < LOOKS && query.status().isTriggerActive(); i++) {
            query.awaitTermination(20);
        }
        query.stop();
    }

    private void cube() {
        data.rows(5_000)
                .withColumn("part", col("id").mod(data.between(2, 7)))
                .withColumn("half", col("id").mod(2))
                .cube("part", "half")
                .agg(sum(data.last()).as("total"))
                .orderBy("part", "half")
                .show();
    }

    private void words() {
        data.rows(4_000)
                .select(explode(split(col("key"), "-")).as("word"))
                .groupBy("word")
                .count()
                .orderBy(col("count").desc())
                .limit(data.between(3, 10))
                .show();
    }

    private void union() {
        Dataset<Row> one = data.rows(3_000).select("id", "key");
        Dataset<Row> other = data.rows(3_000).select("id", "key");
        LOGGER.info("{} rows are in both", one.intersect(other).count());
        one.union(other)
                .distinct()
                .coalesce(data.between(1, 4))
                .write()
                .mode("overwrite")
                .csv(data.path().toString());
    }

    private void function() {
        UDF1<String, Integer> length = String::length;
        String name = "length_of_" + data.noun();
        data.spark().udf().register(name, length, DataTypes.IntegerType);
        data.rows(8_000)
                .select(call_udf(name, col("note")).as("length"))
                .summary("min", "max", "mean")
                .show();
    }

    /** Checkpoints of an RDD, and partitions that are made anew. */
    private void kept() {
        JavaSparkContext context = data.context();
        context.setCheckpointDir(data.path().toString());
        JavaRDD<Row> rows = data.rows(3_000).javaRDD().repartition(data.between(2, 9));
        rows.checkpoint();
        LOGGER.info("{} rows, first {}", rows.count(), rows.first());
    }

    private void sample() {
        Dataset<Row> rows = data.rows(10_000);
        LOGGER.info(
                "About {} rows",
                rows.sample(0.1 * data.between(1, 9), data.between(1, 99)).count());
        for (Dataset<Row> part : rows.randomSplit(new double[] {0.8, 0.2}, data.between(1, 99))) {
            part.groupBy("key").agg(avg(data.last())).collectAsList();
        }
    }

    private void saved() {
        String table = data.noun() + "_" + data.between(1, 9999);
        data.rows(3_000)
                .write()
                .bucketBy(data.between(2, 6), "key")
                .sortBy("id")
                .mode(SaveMode.Overwrite)
                .saveAsTable(table);
        data.spark()
                .sql("SELECT key, count(*) AS n FROM " + table + " GROUP BY key ORDER BY n DESC")
                .show(3);
        data.spark().sql("DROP TABLE " + table);
    }

    private void counters() {
        JavaSparkContext context = data.context();
        var counter = context.sc().longAccumulator(data.noun());
        context.parallelize(List.of(1, 2, 3, 4, 5, 6, 7), data.between(1, 7)).foreach(n -> counter.add(n));
        LOGGER.info("Counted {}", counter.value());
    }

    private void clusters() {
        Dataset<Row> rows = data.rows(2_000);
        Dataset<Row> vectors = new VectorAssembler()
                .setInputCols(new String[] {"id", data.last()})
                .setOutputCol("features")
                .transform(rows);
        LOGGER.info("Centers {}", (Object) new KMeans()
                .setK(data.between(2, 5))
                .setMaxIter(data.between(2, 6))
                .setSeed(data.between(1, 99))
                .fit(vectors)
                .clusterCenters());
    }

    private void table() {
        String view = data.noun() + "_view";
        data.rows(2_000).createOrReplaceTempView(view);
        String table = data.noun() + "_" + data.between(1, 9999);
        String format = data.drawn(List.of("parquet", "orc", "json", "csv"));
        data.spark().sql("CREATE TABLE " + table + " USING " + format + " AS SELECT id, key FROM " + view);
        data.spark().sql("INSERT INTO " + table + " SELECT id + 1, key FROM " + view + " WHERE id < 100");
        data.spark().sql("DESCRIBE EXTENDED " + table).show(data.between(3, 30), false);
        data.spark().sql("SELECT max(id), min(key) FROM " + table).show();
    }
}
