package io.sinkstream.stream;

import java.io.Serializable;

/**
 * What looking tokens up came to.
 *
 * @param proposed tokens that were proposed, and run before it was known whether they come
 * @param accepted how many of them came
 */
public record LookupCounts(long proposed, long accepted) implements Serializable {
    /** Of a continuation that no token was proposed for. */
    public static final LookupCounts NONE = new LookupCounts(0, 0);

    /** Both together. */
    public LookupCounts plus(LookupCounts other) {
        return new LookupCounts(proposed + other.proposed, accepted + other.accepted);
    }
}
