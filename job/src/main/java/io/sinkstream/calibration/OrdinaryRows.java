package io.sinkstream.calibration;

import java.io.Serializable;
import org.apache.datasketches.memory.Memory;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;
import org.apache.datasketches.req.ReqSketch;

/**
 * How surprising the ordinary rows of one kind are: a relative-error quantile sketch, which is exact where it matters. The
 * {@value #EXACT} most surprising rows are kept as they are, and the error of the rank of another is a share of how many rows
 * are above it.
 *
 * <p>Not safe for several threads.
 */
public final class OrdinaryRows implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int SECTION = 128;

    /** Three sections are never compacted. */
    static final int EXACT = 3 * SECTION;

    /** The rank that is taken is this many standard deviations of the sketch's error on the side of fewer alarms. */
    private static final int DEVIATIONS = 3;

    private transient ReqSketch sketch;

    OrdinaryRows() {
        sketch = ReqSketch.builder().setK(SECTION).setHighRankAccuracy(true).build();
    }

    private OrdinaryRows(ReqSketch sketch) {
        this.sketch = sketch;
    }

    /** Throws RuntimeException if the bytes are no sketch. */
    static OrdinaryRows of(byte[] bytes) {
        return new OrdinaryRows(ReqSketch.heapify(Memory.wrap(bytes)));
    }

    byte[] bytes() {
        return sketch.toByteArray();
    }

    long count() {
        return sketch.getN();
    }

    void add(float surprise) {
        sketch.update(surprise);
    }

    void add(OrdinaryRows others) {
        sketch.merge(others.sketch);
    }

    /**
     * (1 + count of rows at least as surprising) / (n + 1), where the count is that of {@link #atLeast}.
     */
    double pValue(float surprise) {
        long count = sketch.getN();
        return Math.min(1, (1.0 + atLeast(surprise)) / (count + 1));
    }

    /** How many rows are at least as surprising: no fewer than there are but once in several hundred times. */
    double atLeast(float surprise) {
        long count = sketch.getN();
        if (count == 0) {
            return 0;
        }
        double below = sketch.getRank(surprise, QuantileSearchCriteria.EXCLUSIVE);
        double least = Math.max(0, sketch.getRankLowerBound(below, DEVIATIONS));
        // A rank is a quotient: what it is of is a whole number.
        return Math.ceil(count * (1 - least) - 1e-6);
    }

    private Object writeReplace() {
        return new Written(bytes());
    }

    private record Written(byte[] bytes) implements Serializable {
        private Object readResolve() {
            return OrdinaryRows.of(bytes);
        }
    }
}
