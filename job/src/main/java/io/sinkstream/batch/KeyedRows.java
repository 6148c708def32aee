package io.sinkstream.batch;

import io.sinkstream.calibration.CalibrationTotals;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.EndState;
import java.util.UUID;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Scores a table of keyed rows, or continues each: what the model makes of each row from the stream before it.
 *
 * <p>Keys are spread over tasks by their hash; within a task rows are sorted by key and order, and the rows of all its
 * keys go through the executor's model together. The numbers do not depend on the number of tasks or on the input's
 * order. Every input row comes out once, with its columns, except late rows that are to be dropped.
 */
public final class KeyedRows {
    /**
     * More tasks than can run at a time, so that a task of long streams does not leave the others idle. Continuations take a step
     * a token, whatever number of streams: as many tasks as can run at a time have the most streams together.
     */
    private static final int TASKS_PER_SLOT = 4;

    private KeyedRows() {}

    /**
     * Adds the result columns to the input's.
     *
     * @throws UserException if the model, the columns or the options do not fit, before any job starts
     */
    public static Dataset<Row> apply(Dataset<Row> input, KeyedOptions options) {
        ScoringTotals totals = new ScoringTotals();
        input.sparkSession().sparkContext().register(totals);
        return apply(input, options, totals);
    }

    /**
     * Adds the result columns to the input's, and counts in {@code totals}, which is registered already. The counts are
     * those of a run whose last stage is this one: write or collect the result as it is.
     */
    public static Dataset<Row> apply(Dataset<Row> input, KeyedOptions options, ScoringTotals totals) {
        return apply(input, options, totals, null, null);
    }

    /**
     * The same, with one more column, {@link EndState#COLUMN}, if {@code endState} is not null; {@code ordinary} takes all rows
     * in if it is not null, and is registered already.
     */
    public static Dataset<Row> apply(
            Dataset<Row> input,
            KeyedOptions options,
            ScoringTotals totals,
            EndState endState,
            CalibrationTotals ordinary) {
        StructType result = result(input, options, endState);
        KeyedInput.Arranged arranged = KeyedInput.arranged(input, options.columns(), partitions(input, options));
        Dataset<Row> scored = arranged.rows()
                .mapPartitions(
                        new PartitionTask(
                                options.onExecutors(),
                                arranged.layout(),
                                UUID.randomUUID().toString(),
                                totals,
                                endState,
                                null,
                                ordinary),
                        Encoders.row(result));
        return KeyedInput.withTypes(scored, result);
    }

    /** The columns of a run's results. Throws UserException if the model, the columns or the options do not fit. */
    static StructType result(Dataset<Row> input, KeyedOptions options, EndState endState) {
        options.describe();
        SparkContext spark = input.sparkSession().sparkContext();
        options.model().requireDevice(spark);
        ClusterSettings.warn(spark, options.model());
        boolean isCaseSensitive =
                Boolean.parseBoolean(input.sparkSession().conf().get("spark.sql.caseSensitive", "false"));
        StructType result = ResultSchema.append(KeyedInput.columns(input), options, isCaseSensitive);
        return endState == null ? result : result.add(EndState.COLUMN, DataTypes.BinaryType, true);
    }

    static int partitions(Dataset<Row> input, KeyedOptions options) {
        int slots = input.sparkSession().sparkContext().defaultParallelism();
        int each = options.task().maxNewTokens() > 0 ? 1 : TASKS_PER_SLOT;
        return options.partitions() > 0 ? options.partitions() : each * slots;
    }
}
