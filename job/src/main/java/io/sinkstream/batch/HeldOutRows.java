package io.sinkstream.batch;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.functions;

/**
 * A table in two parts, of which the second has about a fifth of the rows: of many streams a fifth of them by chance, as whole
 * streams; of few the last fifth of each one's rows.
 *
 * @param others the first part
 * @param heldOut the second
 * @param isOfStreams whether streams are whole
 */
public record HeldOutRows(Dataset<Row> others, Dataset<Row> heldOut, boolean isOfStreams) {
    private static final int ONE_OF = 5;

    /** From so many streams on a fifth of them is not nothing, but by a chance of one in 70,000. */
    public static final int MANY_STREAMS = 50;

    private static final String PLACE = KeyedInput.HELPER + "place";

    /**
     * Parts it.
     *
     * @throws UserException if streams are few and their rows have no order
     */
    public static HeldOutRows of(Dataset<Row> input, StreamColumns columns) {
        Column key = KeyedInput.key(input, columns);
        boolean isOfStreams = input.select(key).distinct().limit(MANY_STREAMS).count() == MANY_STREAMS;
        if (isOfStreams) {
            Column isHeldOut = functions
                    .pmod(functions.xxhash64(key), functions.lit(ONE_OF))
                    .equalTo(0);
            return new HeldOutRows(input.where(functions.not(isHeldOut)), input.where(isHeldOut), true);
        }
        if (columns.order() == null) {
            throw new UserException(Settings.ORDER + " is missing: of fewer than " + MANY_STREAMS
                    + " streams the last rows of each are kept to calibrate on");
        }
        Dataset<Row> placed = input.withColumn(
                PLACE,
                functions
                        .percent_rank()
                        .over(Window.partitionBy(key).orderBy(KeyedInput.order(input, columns.order()))));
        Column isHeldOut = functions.col(PLACE).gt(1 - 1.0 / ONE_OF);
        return new HeldOutRows(
                placed.where(functions.not(isHeldOut)).drop(PLACE),
                placed.where(isHeldOut).drop(PLACE),
                false);
    }
}
