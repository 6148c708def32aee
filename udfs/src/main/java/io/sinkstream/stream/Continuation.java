package io.sinkstream.stream;

/**
 * What a model went on with.
 *
 * @param tokens without the end-of-sequence token
 * @param nll their summed NLL under the model, whatever chose them, nats; the end-of-sequence token not counted
 * @param finish why it ended; null if there was to be none
 * @param text up to the stop text or token that ended it, if one did; null if none was asked for
 * @param lookup what proposing its tokens came to
 */
public record Continuation(int[] tokens, double nll, FinishReason finish, String text, LookupCounts lookup) {
    /** Where tokens are only scored. */
    public static final Continuation NONE = new Continuation(new int[0], 0, null);

    /** One without a text, no token of which was proposed. */
    public Continuation(int[] tokens, double nll, FinishReason finish) {
        this(tokens, nll, finish, null, LookupCounts.NONE);
    }
}
