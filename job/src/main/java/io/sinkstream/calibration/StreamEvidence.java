package io.sinkstream.calibration;

import java.io.Serializable;

/**
 * What the p-values of a stream's rows say of it as a whole: by Bonferroni's rule, the smallest times their number. However rows of a
 * stream depend on each other, an ordinary stream's is at most {@code a} with a probability of {@code a} at most, as far as each of
 * its rows' is.
 *
 * @param rows how many have a p-value
 * @param smallest of them; 1 if there are none
 */
public record StreamEvidence(long rows, double smallest) implements Serializable {
    /** Of no rows. */
    public static final StreamEvidence NONE = new StreamEvidence(0, 1);

    /** With one more row. */
    public StreamEvidence and(Verdict verdict) {
        return verdict == null || verdict.pValue() == null
                ? this
                : new StreamEvidence(rows + 1, Math.min(smallest, verdict.pValue()));
    }

    /** With those of another part of the stream. */
    public StreamEvidence and(StreamEvidence other) {
        return new StreamEvidence(rows + other.rows, Math.min(smallest, other.smallest));
    }

    /** The stream's p-value; null if no row has one. */
    public Double pValue() {
        return rows == 0 ? null : (Double) Math.min(1, rows * smallest);
    }
}
