package io.sinkstream.batch;

import java.io.Serializable;
import java.util.Comparator;

/**
 * A row or a stream in a table of the oddest: by p-value, where there are any, and by perplexity.
 *
 * @param key the stream's key
 * @param order the row's order as text, null if it has none; null for a stream
 * @param tokens how many tokens it has
 * @param perplexity over its predicted tokens
 * @param pValue beside ordinary rows; null if it has none
 * @param text the start of the row's text, or what is surprising of it; null for a stream or where there are only tokens
 */
public record Ranked(String key, String order, long tokens, double perplexity, Double pValue, String text)
        implements Serializable {
    /** The most characters of a text that are kept. */
    static final int TEXT_CHARACTERS = 60;

    private static final Comparator<Double> SMALLEST_FIRST = Comparator.nullsLast(Comparator.naturalOrder());

    /** Smallest p-value first, then highest perplexity; the rest only makes the table the same in every run. */
    static final Comparator<Ranked> ODDEST_FIRST = Comparator.comparing(Ranked::pValue, SMALLEST_FIRST)
            .thenComparing(Comparator.comparingDouble(Ranked::perplexity).reversed())
            .thenComparing(Ranked::key)
            .thenComparing(Ranked::order, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(Ranked::text, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparingLong(Ranked::tokens);

    /** Whether one of this p-value and perplexity could stand before it. */
    boolean mayFollow(Double otherPValue, double otherPerplexity) {
        int order = SMALLEST_FIRST.compare(otherPValue, pValue);
        return order < 0 || (order == 0 && otherPerplexity >= perplexity);
    }
}
