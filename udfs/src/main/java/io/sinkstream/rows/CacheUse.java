package io.sinkstream.rows;

/**
 * Whether a stream's cache was there when its rows came.
 *
 * @param hits 1 if it was
 * @param rebuilds 1 if it was not and had to be rebuilt; a stream that begins has neither
 * @param rebuiltTokens tokens that were run again for that
 */
public record CacheUse(int hits, int rebuilds, long rebuiltTokens) {
    static final CacheUse NONE = new CacheUse(0, 0, 0);
    static final CacheUse HIT = new CacheUse(1, 0, 0);

    /** Rebuilt by running so many tokens again. */
    static CacheUse rebuilt(long tokens) {
        return new CacheUse(0, 1, tokens);
    }
}
