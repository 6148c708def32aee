package io.sinkstream.calibration;

import io.sinkstream.settings.StreamsBy;
import java.io.Serializable;

/**
 * What a stream's rows say of it as a whole. By Bonferroni's rule that is the smallest of their p-values times their number: however
 * rows of a stream depend on each other, an ordinary stream's is at most {@code a} with a probability of {@code a} at most, as far as
 * each of its rows' is.
 *
 * @param rows how many have a p-value
 * @param smallest of them; 1 if there are none
 * @param largest of their surprises; negative infinity if there are none
 */
public record StreamEvidence(long rows, double smallest, double largest) implements Serializable {
    /** Of no rows. */
    public static final StreamEvidence NONE = new StreamEvidence(0, 1, Double.NEGATIVE_INFINITY);

    /** With one more row. */
    public StreamEvidence and(Verdict verdict) {
        if (verdict == null || Float.isNaN(verdict.surprise())) {
            return this;
        }
        boolean isJudged = verdict.pValue() != null;
        return and(new StreamEvidence(isJudged ? 1 : 0, isJudged ? verdict.pValue() : 1, verdict.surprise()));
    }

    /** With those of another part of the stream. */
    public StreamEvidence and(StreamEvidence other) {
        return new StreamEvidence(
                rows + other.rows, Math.min(smallest, other.smallest), Math.max(largest, other.largest));
    }

    /** The stream's p-value by its rows; null if no row has one. */
    public Double pValue() {
        return rows == 0 ? null : (Double) Math.min(1, rows * smallest);
    }

    /**
     * The stream's p-value beside others; null if no row has a surprise.
     *
     * @param perplexity the stream's own
     */
    Double pValue(OrdinaryStreams streams, double perplexity) {
        if (largest == Double.NEGATIVE_INFINITY) {
            return null;
        }
        return streams.pValue(streams.rule().by() == StreamsBy.LARGEST ? largest : Math.log(perplexity));
    }
}
