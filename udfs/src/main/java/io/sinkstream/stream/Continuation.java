package io.sinkstream.stream;

/**
 * What a model went on with.
 *
 * @param tokens without the end-of-sequence token
 * @param nll their summed NLL, nats, the end-of-sequence token not counted
 * @param finish why it ended; null if there was to be none
 */
public record Continuation(int[] tokens, double nll, FinishReason finish) {
    /** Where tokens are only scored. */
    public static final Continuation NONE = new Continuation(new int[0], 0, null);
}
