package io.sinkstream.batch;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.RowOrdering;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.CalendarIntervalType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.VariantType;

/**
 * Scores a table of keyed rows: how well the model predicted each row from the stream before it.
 *
 * <p>Keys are spread over tasks by their hash; within a task rows are sorted by key and order, and the rows of all its
 * keys go through the executor's model together. The numbers do not depend on the number of tasks or on the input's
 * order. Every input row comes out once, with its columns, except late rows that are to be dropped.
 */
public final class KeyedScoring {
    /** More tasks than can run at a time, so that a task of long streams does not leave the others idle. */
    private static final int TASKS_PER_SLOT = 4;

    private static final String HELPER = "__sinkstream_";

    private KeyedScoring() {}

    /**
     * Adds the result columns to the input's.
     *
     * @throws UserException if the model, the columns or the options do not fit, before any job starts
     */
    public static Dataset<Row> score(Dataset<Row> input, ScoringOptions options) {
        ScoringTotals totals = new ScoringTotals();
        input.sparkSession().sparkContext().register(totals);
        return score(input, options, totals);
    }

    /**
     * Adds the result columns to the input's, and counts in {@code totals}, which is registered already. The counts are
     * those of a run whose last stage does the scoring: write or collect the result as it is.
     */
    public static Dataset<Row> score(Dataset<Row> input, ScoringOptions options, ScoringTotals totals) {
        options.describe();
        if (input.sparkSession().sparkContext().isLocal()) {
            // Its tasks run in this JVM; on a cluster only the executors know whether they have a GPU.
            options.requireDevice();
        }
        boolean isCaseSensitive =
                Boolean.parseBoolean(input.sparkSession().conf().get("spark.sql.caseSensitive", "false"));
        StructType result = ResultColumns.append(input.schema(), options, isCaseSensitive);

        Column content = options.tokens() != null ? tokens(input, options) : text(input, options);
        List<Column> added = new ArrayList<>();
        List<Column> sort = new ArrayList<>();
        Column key = options.key() != null
                ? key(input, options.key())
                : file(
                        input,
                        "file_path",
                        Settings.KEY + " is missing: only rows of files can do without, each file being a stream");
        added.add(key.as(HELPER + "key"));
        sort.add(functions.col(HELPER + "key"));
        if (options.order() != null) {
            added.add(order(input, options.order()).as(HELPER + "order"));
            sort.add(functions.col(HELPER + "order"));
        } else {
            String missing = Settings.ORDER + " is missing: only rows of files can do without, in the files' order";
            added.add(file(input, "file_path", missing).as(HELPER + "file"));
            added.add(file(input, "file_block_start", missing).as(HELPER + "block"));
            added.add(functions.monotonically_increasing_id().as(HELPER + "row"));
            sort.add(functions.col(HELPER + "file"));
            sort.add(functions.col(HELPER + "block"));
            sort.add(functions.col(HELPER + "row"));
        }
        added.add(content.as(HELPER + "content"));
        if (options.order() != null) {
            // Rows of equal order: which of them is the late one must not depend on the input's order.
            sort.add(functions.col(HELPER + "content"));
            for (StructField field : input.schema().fields()) {
                if (RowOrdering.isOrderable(field.dataType())) {
                    sort.add(functions.col(quoted(field.name())));
                }
            }
        }

        int columns = input.columns().length;
        RowLayout layout =
                new RowLayout(columns, columns, options.order() == null ? -1 : columns + 1, columns + added.size() - 1);
        List<Column> selected = new ArrayList<>();
        selected.add(functions.col("*"));
        selected.addAll(added);
        // A number of partitions that is asked for is left alone by adaptive execution, which would merge the small
        // ones: rows are few bytes and much work.
        Dataset<Row> scored = input.select(selected.toArray(Column[]::new))
                .repartition(partitions(input, options), functions.col(HELPER + "key"))
                .sortWithinPartitions(sort.toArray(Column[]::new))
                .mapPartitions(
                        new ScoringTask(
                                options.onExecutors(), layout, UUID.randomUUID().toString(), totals),
                        Encoders.row(result));
        return withTypes(scored, result);
    }

    /** Java's values know nothing of some types' parameters, such as the fields of an interval: puts them back. */
    private static Dataset<Row> withTypes(Dataset<Row> scored, StructType expected) {
        StructField[] found = scored.schema().fields();
        Column[] columns = new Column[found.length];
        boolean isDifferent = false;
        for (int i = 0; i < found.length; i++) {
            StructField field = expected.fields()[i];
            Column column = functions.col(quoted(field.name()));
            boolean isSame = found[i].dataType().equals(field.dataType());
            columns[i] = isSame ? column : column.cast(field.dataType()).as(field.name(), field.metadata());
            isDifferent |= !isSame;
        }
        return isDifferent ? scored.select(columns) : scored;
    }

    private static int partitions(Dataset<Row> input, ScoringOptions options) {
        return options.partitions() > 0
                ? options.partitions()
                : TASKS_PER_SLOT * input.sparkSession().sparkContext().defaultParallelism();
    }

    private static Column key(Dataset<Row> input, String name) {
        Resolved column = resolve(input, Settings.KEY, name);
        DataType type = column.type();
        if (type instanceof ArrayType
                || type instanceof MapType
                || type instanceof StructType
                || type instanceof VariantType
                || type instanceof CalendarIntervalType) {
            throw wrongType(Settings.KEY, name, type, "a string, number, date, time, boolean or binary");
        }
        // A key is told apart by its text, so it must be the same text on Spark's side as on Java's, where bytes that
        // are no UTF-8 can't be told apart.
        return type instanceof BinaryType
                ? functions.hex(column.column())
                : functions.make_valid_utf8(column.column().cast("string"));
    }

    private static Column order(Dataset<Row> input, String name) {
        Resolved column = resolve(input, Settings.ORDER, name);
        if (!RowOrdering.isOrderable(column.type())) {
            throw wrongType(Settings.ORDER, name, column.type(), "any that Spark can sort by");
        }
        return column.column();
    }

    private static Column text(Dataset<Row> input, ScoringOptions options) {
        String name = options.text() != null ? options.text() : "text";
        Resolved column = resolve(input, Settings.TEXT, name);
        if (!(column.type() instanceof StringType)) {
            throw wrongType(Settings.TEXT, name, column.type(), "a string");
        }
        return column.column();
    }

    private static Column tokens(Dataset<Row> input, ScoringOptions options) {
        Resolved column = resolve(input, Settings.TOKENS, options.tokens());
        if (column.type() instanceof ArrayType array) {
            DataType element = array.elementType();
            if (element instanceof IntegerType
                    || element instanceof LongType
                    || element instanceof ShortType
                    || element instanceof ByteType) {
                return column.column();
            }
        }
        throw wrongType(Settings.TOKENS, options.tokens(), column.type(), "an array of whole numbers");
    }

    private static UserException wrongType(Setting<?> setting, String name, DataType found, String allowed) {
        return new UserException(
                setting + ": column " + name + " is of type " + found.simpleString() + "; allowed is " + allowed);
    }

    /** A column, or a field {@code a.b} of one. */
    private static Resolved resolve(Dataset<Row> input, Setting<?> setting, String name) {
        boolean isColumn = Arrays.asList(input.columns()).contains(name);
        try {
            Column column = functions.col(isColumn ? quoted(name) : name);
            return new Resolved(column, analysed(input, column));
        } catch (AnalysisException e) {
            String columns =
                    input.columns().length == 0 ? "no columns" : "the columns " + String.join(", ", input.columns());
            String several = Arrays.stream(input.columns()).filter(name::equals).count() > 1 ? "more than one" : "no";
            throw new UserException(
                    setting + ": there is " + several + " column " + name + "; the input has " + columns, e);
        }
    }

    /** What a file source knows of where a row came from. */
    private static Column file(Dataset<Row> input, String field, String missing) {
        try {
            return metadata(input, field);
        } catch (AnalysisException e) {
            throw new UserException(missing, e);
        }
    }

    private static Column metadata(Dataset<Row> input, String field) throws AnalysisException {
        Column column = input.metadataColumn("_metadata").getField(field);
        analysed(input, column);
        return column;
    }

    /** The column's type. Spark throws its AnalysisException, a checked one, without declaring it. */
    private static DataType analysed(Dataset<Row> input, Column column) throws AnalysisException {
        return input.select(column).schema().fields()[0].dataType();
    }

    private static String quoted(String name) {
        return "`" + name.replace("`", "``") + "`";
    }

    private record Resolved(Column column, DataType type) {}
}
