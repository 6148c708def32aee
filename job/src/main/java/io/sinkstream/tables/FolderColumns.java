package io.sinkstream.tables;

import io.sinkstream.batch.KeyedInput;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.streaming.StreamingRelation;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The columns that folders' names are, such as {@code host=007}: as they are written, where Spark takes what looks like a
 * number or a date for one, and 007 and 7 for the same.
 */
final class FolderColumns {
    private static final String INFERENCE = "spark.sql.sources.partitionColumnTypeInference.enabled";

    private FolderColumns() {}

    /**
     * The table that {@code load} makes, with such columns as texts but for the order, which is to sort numbers as numbers.
     *
     * @param paths that it loads
     * @param options that it loads them with
     * @param order the column that rows are ordered by, or null
     * @param typed the columns whose types were given
     */
    static Dataset<Row> asWritten(
            SparkSession spark,
            List<String> paths,
            Map<String, String> options,
            String order,
            Set<String> typed,
            Supplier<Dataset<Row>> load) {
        if (spark.sparkContext().getConf().contains(INFERENCE)) {
            return load.get();
        }
        Dataset<Row> rows = loaded(spark, load);
        List<String> orders = TableInput.orders(order).stream()
                .filter(name -> !typed.contains(name) && names(rows).contains(name))
                .toList();
        return orders.isEmpty() ? rows : withNumbers(rows, orders, spark, paths, options);
    }

    private static Dataset<Row> loaded(SparkSession spark, Supplier<Dataset<Row>> load) {
        String before = spark.conf().get(INFERENCE);
        spark.conf().set(INFERENCE, false);
        try {
            return load.get();
        } finally {
            spark.conf().set(INFERENCE, before);
        }
    }

    private static Dataset<Row> withNumbers(
            Dataset<Row> rows,
            List<String> orders,
            SparkSession spark,
            List<String> paths,
            Map<String, String> options) {
        // A format without columns of its own has those of its folders only, and reads nothing.
        StructType inferred = spark.read()
                .format("text")
                .options(options)
                .load(paths.toArray(String[]::new))
                .schema();
        Dataset<Row> table = rows;
        for (StructField field : inferred.fields()) {
            if (orders.contains(field.name())) {
                table = table.withColumn(
                        field.name(),
                        functions.col(KeyedInput.quoted(field.name())).cast(field.dataType()));
            }
        }
        return table;
    }

    /** The names of a table's columns that are folders' names. */
    static List<String> names(Dataset<Row> rows) {
        if (leaf(rows) instanceof StreamingRelation stream) {
            return CollectionConverters.asJava(stream.dataSource().sourceInfo().partitionColumns());
        }
        HadoopFsRelation relation = relation(rows);
        return relation == null ? List.of() : List.of(relation.partitionSchema().fieldNames());
    }

    /** The files that a table was just loaded from; null if it lies elsewhere. */
    static HadoopFsRelation relation(Dataset<Row> rows) {
        return leaf(rows) instanceof LogicalRelation table && table.relation() instanceof HadoopFsRelation files
                ? files
                : null;
    }

    private static LogicalPlan leaf(Dataset<Row> rows) {
        return rows.queryExecution().analyzed().collectLeaves().head();
    }
}
