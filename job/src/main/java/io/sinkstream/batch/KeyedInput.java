package io.sinkstream.batch;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.RowOrdering;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.CalendarIntervalType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.UserDefinedType;
import org.apache.spark.sql.types.VariantType;

/** The columns of a table that keyed scoring reads, found by their settings' names and checked before a job starts. */
public final class KeyedInput {
    /** What the names of columns begin with that stand beside the input's while it is worked on. */
    static final String HELPER = "__sinkstream_";

    /** The stream's key. */
    static final String KEY = HELPER + "key";

    /** The column, if there is one, that says what is wrong with a row before anything is read of it. It does not come out. */
    public static final String PROBLEM = HELPER + "problem";

    private KeyedInput() {}

    /** Throws UserException if a column has a name of those that stand beside the input's while it is worked on. */
    public static void requireNoHelper(StructType input) {
        for (String name : input.fieldNames()) {
            if (name.toLowerCase(Locale.ROOT).startsWith(HELPER)) {
                throw new UserException("the input has a column " + name + ", and names that begin with " + HELPER
                        + " are taken; rename it");
            }
        }
    }

    /** Java's values know nothing of some types' parameters, such as the fields of an interval: puts them back. */
    public static Dataset<Row> withTypes(Dataset<Row> scored, StructType expected) {
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

    /** The columns that come out, which are all but {@link #PROBLEM}. */
    public static StructType columns(Dataset<Row> input) {
        return new StructType(Stream.of(input.schema().fields())
                .filter(field -> !field.name().equals(PROBLEM))
                .toArray(StructField[]::new));
    }

    /** What is wrong with a row, a string; null if nothing is known of. */
    public static Column problem(Dataset<Row> input) {
        return Arrays.asList(input.columns()).contains(PROBLEM)
                ? functions.col(PROBLEM)
                : functions.lit(null).cast(DataTypes.StringType);
    }

    /** A table whose partitions hold whole streams, one after another, each one's rows in their order. */
    public record Arranged(Dataset<Row> rows, RowLayout layout) {}

    /**
     * Spreads the streams over partitions by their key's hash and sorts there. What is needed of a row stands behind its own
     * columns.
     */
    public static Arranged arranged(Dataset<Row> input, StreamColumns columns, int partitions) {
        requireNoHelper(columns(input));
        List<Column> added = new ArrayList<>();
        List<Column> sort = new ArrayList<>();
        added.add(key(input, columns).as(KEY));
        sort.add(functions.col(KEY));
        if (columns.order() != null) {
            added.add(order(input, columns.order()).as(HELPER + "order"));
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
        added.add(content(input, columns).as(HELPER + "content"));
        if (columns.order() != null) {
            // Rows of equal order: which of them is the late one must not depend on the input's order.
            sort.add(functions.col(HELPER + "content"));
            for (StructField field : columns(input).fields()) {
                if (RowOrdering.isOrderable(field.dataType())) {
                    sort.add(functions.col(quoted(field.name())));
                }
            }
        }
        added.add(problem(input).as(HELPER + "wrong"));
        StructType own = columns(input);
        int width = own.length();
        List<Column> selected = new ArrayList<>();
        if (width == input.columns().length) {
            // Whatever their names.
            selected.add(functions.col("*"));
        } else {
            Stream.of(own.fieldNames()).map(name -> functions.col(quoted(name))).forEach(selected::add);
        }
        selected.addAll(added);
        // A number of partitions that is asked for is left alone by adaptive execution, which would merge the small
        // ones: rows are few bytes and much work.
        Dataset<Row> rows = input.select(selected.toArray(Column[]::new))
                .repartition(partitions, functions.col(KEY))
                .sortWithinPartitions(sort.toArray(Column[]::new));
        return new Arranged(
                rows,
                new RowLayout(
                        width,
                        width,
                        columns.order() == null ? -1 : width + 1,
                        width + added.size() - 2,
                        width + added.size() - 1));
    }

    /** The streams' key as a string: the column of that name, or the file that a row is from. */
    public static Column key(Dataset<Row> input, StreamColumns columns) {
        return columns.key() != null
                ? key(input, columns.key())
                : file(
                        input,
                        "file_path",
                        Settings.KEY + " is missing: only rows of files can do without, each file being a stream");
    }

    /**
     * The keys of a run's results, which have the input's columns, too.
     *
     * @param input that they are of: a column that says how it was made no longer says so among the results
     */
    public static Column key(Dataset<Row> results, Dataset<Row> input, StreamColumns columns) {
        return KeyText.isText(resolve(input, Settings.KEY, columns.key()).field())
                ? functions.col(quoted(columns.key()))
                : key(results, columns);
    }

    /** Which keys the column gives: those of two kinds are no keys of one stream. */
    public static String keyKind(Dataset<Row> input, String name) {
        return ColumnKind.ofKey(resolve(input, Settings.KEY, name).type());
    }

    /** Which orders the column gives: those of two kinds can't be compared. */
    public static String orderKind(Dataset<Row> input, String name) {
        return ColumnKind.ofOrder(
                input.select(order(input, name)).schema().fields()[0].dataType());
    }

    /** The text, or the array of token ids. */
    public static Column content(Dataset<Row> input, StreamColumns columns) {
        return columns.tokens() != null ? tokens(input, columns) : text(input, columns);
    }

    private static Column key(Dataset<Row> input, String name) {
        Resolved column = resolve(input, Settings.KEY, name);
        DataType type = column.type();
        if (KeyText.isText(column.field())) {
            return column.column();
        }
        if (type instanceof ArrayType
                || type instanceof MapType
                || type instanceof StructType
                || type instanceof VariantType
                || type instanceof CalendarIntervalType) {
            throw wrongType(Settings.KEY, name, type, "a string, number, date, time, boolean or binary");
        }
        return type instanceof BinaryType
                ? functions.hex(column.column())
                : KeyText.of(column.column().cast("string"));
    }

    /**
     * The order column of that name, which Spark can sort by; or what several make, joined by commas, the first of which counts most.
     * It is null if one of them is.
     */
    public static Column order(Dataset<Row> input, String name) {
        if (!name.contains(",") || Arrays.asList(input.columns()).contains(name)) {
            return single(input, name);
        }
        Column[] parts = Arrays.stream(name.split(",", -1))
                .map(part -> single(input, part.strip()))
                .toArray(Column[]::new);
        Column isWhole =
                Arrays.stream(parts).map(Column::isNotNull).reduce(Column::and).orElseThrow();
        Column[] named = new Column[parts.length];
        for (int i = 0; i < parts.length; i++) {
            named[i] = parts[i].as("part" + i);
        }
        return functions.when(isWhole, functions.struct(named));
    }

    private static Column single(Dataset<Row> input, String name) {
        Resolved column = resolve(input, Settings.ORDER, name);
        if (!RowOrdering.isOrderable(column.type()) || column.type() instanceof UserDefinedType) {
            throw wrongType(Settings.ORDER, name, column.type(), "any that Spark can sort by");
        }
        // By its bytes, whatever its collation, so that what sorts is also what is compared.
        return column.type() instanceof StringType type && !type.equals(DataTypes.StringType)
                ? functions.collate(column.column(), "UTF8_BINARY")
                : column.column();
    }

    private static Column text(Dataset<Row> input, StreamColumns columns) {
        String name = columns.text() != null ? columns.text() : "text";
        Resolved column = resolve(input, Settings.TEXT, name);
        if (!(column.type() instanceof StringType)) {
            throw wrongType(Settings.TEXT, name, column.type(), "a string");
        }
        return column.column();
    }

    private static Column tokens(Dataset<Row> input, StreamColumns columns) {
        Resolved column = resolve(input, Settings.TOKENS, columns.tokens());
        if (column.type() instanceof ArrayType array) {
            DataType element = array.elementType();
            if (element instanceof IntegerType
                    || element instanceof LongType
                    || element instanceof ShortType
                    || element instanceof ByteType) {
                return column.column();
            }
        }
        throw wrongType(Settings.TOKENS, columns.tokens(), column.type(), "an array of whole numbers");
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
    public static Column file(Dataset<Row> input, String field, String missing) {
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

    /** The column as a field. Spark throws its AnalysisException, a checked one, without declaring it. */
    private static StructField analysed(Dataset<Row> input, Column column) throws AnalysisException {
        return input.select(column).schema().fields()[0];
    }

    /** The name as SQL takes it, whatever is in it. */
    public static String quoted(String name) {
        return "`" + name.replace("`", "``") + "`";
    }

    private record Resolved(Column column, StructField field) {
        DataType type() {
            return field.dataType();
        }
    }
}
