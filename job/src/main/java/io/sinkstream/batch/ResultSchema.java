package io.sinkstream.batch;

import io.sinkstream.calibration.Verdict;
import io.sinkstream.rows.ColumnType;
import io.sinkstream.rows.ResultColumn;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.TokenLogprob;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The columns of a task's results as Spark has them: the input's come first, as they are. */
public final class ResultSchema {
    private static final StructType TOKEN_LOGPROB =
            new StructType().add("token", DataTypes.IntegerType, false).add("logprob", DataTypes.DoubleType, false);

    private ResultSchema() {}

    /**
     * The input's columns and then the results'.
     *
     * @throws UserException if a name would be there twice
     */
    public static StructType append(StructType input, KeyedOptions options, boolean isCaseSensitive) {
        StructType all = input;
        for (StructField column : added(input, options)) {
            String added = options.prefix() + column.name();
            for (String name : input.fieldNames()) {
                if (isCaseSensitive ? name.equals(added) : name.equalsIgnoreCase(added)) {
                    throw new UserException(
                            "the input has a column " + name + " already, and the results have one of this"
                                    + " name; give the added columns' names a start of their own by " + Settings.PREFIX
                                    + (options.prefix().isEmpty() ? "" : ", other than " + options.prefix()));
                }
            }
            all = all.add(new StructField(added, column.dataType(), true, Metadata.empty()));
        }
        return all;
    }

    /**
     * The values of a row that comes out, with {@code more} behind them.
     *
     * @param columns how many of the row's own come out
     * @param verdict how odd it is; null if nobody says so
     */
    public static Object[] values(
            Row input, int columns, KeyedOptions options, RowOutcome outcome, Verdict verdict, Object... more) {
        List<ResultColumn> results = options.task().columns();
        Object[] judged = options.values(verdict);
        int width = columns + results.size();
        Object[] values = new Object[width + judged.length + more.length];
        for (int i = 0; i < columns; i++) {
            values[i] = input.get(i);
        }
        for (int i = 0; i < results.size(); i++) {
            values[columns + i] = external(results.get(i).type(), results.get(i).of(outcome));
        }
        System.arraycopy(judged, 0, values, width, judged.length);
        System.arraycopy(more, 0, values, width + judged.length, more.length);
        return values;
    }

    /** A value as Spark's rows hold it. */
    private static Object external(ColumnType type, Object value) {
        if (type != ColumnType.LOGPROBS || value == null) {
            return value;
        }
        return Arrays.stream((TokenLogprob[][]) value)
                .map(tokens -> tokens == null
                        ? null
                        : Arrays.stream(tokens)
                                .map(token -> RowFactory.create(token.token(), token.logprob()))
                                .toArray(Row[]::new))
                .toArray(Row[][]::new);
    }

    /** The results' columns without a prefix. */
    private static List<StructField> added(StructType input, KeyedOptions options) {
        List<StructField> added = new ArrayList<>();
        for (ResultColumn column : options.task().columns()) {
            added.add(new StructField(column.name(), type(column.type()), true, Metadata.empty()));
        }
        if (options.judge() != null) {
            added.addAll(options.judge().columns(input));
        }
        return added;
    }

    /** How Spark calls this type. */
    public static DataType type(ColumnType type) {
        return switch (type) {
            case INT -> DataTypes.IntegerType;
            case LONG -> DataTypes.LongType;
            case DOUBLE -> DataTypes.DoubleType;
            case TEXT -> DataTypes.StringType;
            case INTS -> DataTypes.createArrayType(DataTypes.IntegerType, false);
            case DOUBLES -> DataTypes.createArrayType(DataTypes.DoubleType, true);
            case RANKS -> DataTypes.createArrayType(DataTypes.IntegerType, true);
            case LOGPROBS -> DataTypes.createArrayType(DataTypes.createArrayType(TOKEN_LOGPROB, false), true);
        };
    }
}
