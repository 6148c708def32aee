package io.sinkstream.corpus;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.rand;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What the jobs of {@link NoisySpark} are about: rows, names and numbers, drawn from a seed. */
final class JobData {
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

    private final SparkSession spark;
    private final Random random;
    private final Path folder;
    private String last = "amount";

    /**
     * Of one application.
     *
     * @param folder where its files go
     */
    JobData(SparkSession spark, Random random, Path folder) {
        this.spark = spark;
        this.random = random;
        this.folder = folder;
    }

    SparkSession spark() {
        return spark;
    }

    JavaSparkContext context() {
        return JavaSparkContext.fromSparkContext(spark.sparkContext());
    }

    Random random() {
        return random;
    }

    <T> T drawn(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    String noun() {
        return drawn(NOUNS);
    }

    int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    /** A column's name, which {@link #last} gives again. */
    String column() {
        last = drawn(COLUMNS);
        return last;
    }

    String last() {
        return last;
    }

    /** A folder that is not there yet. */
    Path path() {
        return folder.resolve(noun() + "-" + Integer.toHexString(random.nextInt()));
    }

    /** Rows with an id, a key, a number and a text. */
    Dataset<Row> rows(int most) {
        int keys = between(3, 500);
        return spark.range(0, between(100, most), 1, between(2, 12))
                .withColumn("key", expr("concat('" + noun() + "-', id * " + between(3, 999) + " % " + keys + ")"))
                .withColumn(column(), rand(random.nextInt(1000)).multiply(between(10, 10_000)))
                .withColumn("note", expr("repeat(hex(id), " + between(1, 12) + ")"));
    }
}
