package io.sinkstream.settings;

import java.io.Serializable;

/**
 * How many tokens of a stream are kept to rebuild a lost cache from.
 *
 * @param windows so many times R; 0 for all that have an influence, L x R
 */
public record HistoryLength(int windows) implements Serializable {
    /** All that have an influence: a rebuilt cache gives the same numbers. */
    public static final HistoryLength EXACT = new HistoryLength(0);

    /**
     * How many tokens before the pending one that is.
     *
     * @param exact how many have an influence
     * @param window R
     */
    public long tokens(long exact, int window) {
        return windows == 0 ? exact : Math.min(exact, (long) windows * window);
    }

    @Override
    public String toString() {
        return windows == 0 ? "exact" : "bounded:" + windows;
    }
}
