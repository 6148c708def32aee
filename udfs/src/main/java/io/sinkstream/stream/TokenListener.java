package io.sinkstream.stream;

/**
 * Hears of a continuation's tokens as they are chosen. Called on the model's thread, between two passes: whatever takes long
 * keeps all streams waiting. What it throws fails its own update alone.
 */
public interface TokenListener {
    /**
     * A token has come, each once, in their order.
     *
     * @param nll under the model, nats
     * @param text what is certain since the token before: see {@link io.sinkstream.checkpoint.TokenText}; empty without a
     *     tokenizer
     */
    void drawn(int token, double nll, String text);

    /**
     * Whether no more are wanted, asked after each token: the continuation ends with it as if it were a stop token, and unlike
     * one that is cancelled leaves a state and a cache to go on from.
     */
    default boolean isEnough() {
        return false;
    }

    /** No more come, and this is the rest of the text; the update's future is completed next. */
    void ended(String text);
}
