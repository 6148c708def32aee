package io.sinkstream.decoder;

/**
 * A pass failed while it wrote its caches: some hold what they must not be used, or tried again, on. Close those of all its chunks
 * and rebuild them from their streams' tokens.
 */
public final class CachesSpoiledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong while they were written. */
    public CachesSpoiledException(Throwable cause) {
        super("a pass failed while it wrote its caches", cause);
    }
}
