package io.sinkstream.tables;

import io.sinkstream.batch.CsvHeaders;
import io.sinkstream.batch.CsvLines;
import io.sinkstream.batch.KeyedInput;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** CSV as RFC 4180 has it and spreadsheets write it, where Spark's own defaults are others. */
final class CsvFormat {
    static final String NAME = "csv";

    private static final String LINE = "columnNameOfCorruptRecord";
    private static final String INFERENCE = "inferSchema";

    /** A quote within quotes is doubled, and newlines may be there, too. */
    private static final Map<String, String> DEFAULTS =
            Map.of("header", "true", "escape", "\"", "multiLine", "true", LINE, CsvLines.COLUMN);

    private final Map<String, String> options = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    /** With these options in the place of defaults. */
    CsvFormat(Map<String, String> given) {
        options.putAll(DEFAULTS);
        options.putAll(given);
    }

    Map<String, String> options() {
        return options;
    }

    /** The table with these columns; if none are given, with those of the first file. */
    Dataset<Row> read(SparkSession spark, StructType given, String order, List<String> paths) {
        String[] all = paths.toArray(String[]::new);
        StructType columns = given != null ? given : inferred(spark, order, all);
        Dataset<Row> rows = spark.read()
                .format(NAME)
                .options(options)
                .schema(withLine(columns))
                .load(all);
        HadoopFsRelation table = FolderColumns.relation(rows);
        CsvHeaders.check(table, spark);
        return withProblems(rows, table.dataSchema().length() - 1);
    }

    /** The columns, and room for a line that does not fit, unless somebody has that already. */
    StructType withLine(StructType columns) {
        return isLineOurs() ? columns.add(CsvLines.COLUMN, DataTypes.StringType) : columns;
    }

    /** What is wrong with each row of a table with {@link #withLine}. */
    Dataset<Row> withProblems(Dataset<Row> rows, int fields) {
        return isLineOurs() ? CsvLines.withProblems(rows, options, fields) : rows;
    }

    private boolean isLineOurs() {
        return CsvLines.COLUMN.equals(options.get(LINE));
    }

    /** Texts and keys stay as they are written, but the order is to sort numbers as numbers. */
    private StructType inferred(SparkSession spark, String order, String... paths) {
        StructType columns =
                spark.read().format(NAME).options(options).load(paths).schema();
        if (order == null || options.containsKey(INFERENCE)) {
            return columns;
        }
        Dataset<Row> typed = spark.read()
                .format(NAME)
                .options(options)
                .option(INFERENCE, true)
                .load(paths);
        return new StructType(Stream.of(typed.schema().fields())
                .map(field -> TableInput.orders(order).stream().anyMatch(field.name()::equalsIgnoreCase)
                        ? requireOneKind(typed, field)
                        : new StructField(field.name(), DataTypes.StringType, true, field.metadata()))
                .toArray(StructField[]::new));
    }

    /** One text among numbers makes them all texts, which sort otherwise. */
    private static StructField requireOneKind(Dataset<Row> rows, StructField order) {
        if (order.dataType() instanceof StringType) {
            Column value = functions.col(KeyedInput.quoted(order.name()));
            Column number = value.try_cast(DataTypes.DoubleType);
            Row found = rows.agg(functions.count(number), functions.min(functions.when(number.isNull(), value)))
                    .first();
            if (found.getLong(0) > 0 && !found.isNullAt(1)) {
                throw new UserException(Settings.ORDER + ": the column " + order.name() + " has " + found.getLong(0)
                        + " numbers, and texts such as \"" + found.getString(1)
                        + "\"; as texts 10 comes before 2: mend it, or say its type by " + Settings.SCHEMA);
            }
        }
        return order;
    }
}
