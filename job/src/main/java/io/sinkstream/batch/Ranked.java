package io.sinkstream.batch;

import java.io.Serializable;
import java.util.Comparator;

/**
 * A row or a stream in a table of the highest perplexities.
 *
 * @param key the stream's key
 * @param order the row's order as text, null if it has none; null for a stream
 * @param tokens how many tokens it has
 * @param perplexity over its predicted tokens
 * @param text the start of the row's text; null for a stream or where there are only tokens
 */
public record Ranked(String key, String order, long tokens, double perplexity, String text) implements Serializable {
    /** The most characters of a text that are kept. */
    static final int TEXT_CHARACTERS = 60;

    /** Highest perplexity first; the rest only makes the table the same in every run. */
    static final Comparator<Ranked> HIGHEST_FIRST = Comparator.comparingDouble(Ranked::perplexity)
            .reversed()
            .thenComparing(Ranked::key)
            .thenComparing(Ranked::order, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(Ranked::text, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparingLong(Ranked::tokens);
}
