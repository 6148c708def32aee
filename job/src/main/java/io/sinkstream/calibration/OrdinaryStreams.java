package io.sinkstream.calibration;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.sql.Row;

/**
 * How surprising ordinary streams are, or one window of each, as a whole. A stream that can't be told from them has a p-value of at
 * most {@code a} with a probability of {@code a} at most, however its rows depend on each other; so has a window of it that is
 * drawn by chance.
 *
 * @param rule what was looked at
 * @param surprises one a stream
 */
public record OrdinaryStreams(StreamRule rule, OrdinaryRows surprises) implements Serializable {
    /** Those of these rows, each of which is a stream's number, or null. */
    public static OrdinaryStreams of(StreamRule rule, Iterator<Row> numbers) {
        OrdinaryRows surprises = new OrdinaryRows();
        while (numbers.hasNext()) {
            Row number = numbers.next();
            if (!number.isNullAt(0)) {
                surprises.add((float) number.getDouble(0));
            }
        }
        return new OrdinaryStreams(rule, surprises);
    }

    /** How many there are. */
    public long count() {
        return surprises.count();
    }

    /**
     * The share that is at least as surprising.
     *
     * @param surprise the largest of its rows, or the logarithm of its perplexity
     */
    public double pValue(double surprise) {
        return surprises.pValue((float) surprise);
    }
}
