package io.sinkstream.stream;

/**
 * What became of one {@link StreamUpdate}.
 *
 * @param state the stream after the update; the given one if there is an {@code error}
 * @param nll -ln p of each given token, nats; NaN for a stream's very first token, which nothing predicts
 * @param continuation the tokens that the model continued with, without the end-of-sequence token; empty when scoring
 * @param continuationNll their summed NLL, nats, the end-of-sequence token not counted
 * @param finish why the continuation ended; null when scoring
 * @param error what is wrong with the update, or null if it is good; other updates of the call are not affected
 * @param historyNeeded whether nothing was done, since the stream's cache is gone and the given state holds only a part of
 *     its history: give the whole one
 */
public record StreamResult(
        StreamState state,
        double[] nll,
        int[] continuation,
        double continuationNll,
        FinishReason finish,
        String error,
        boolean historyNeeded) {}
