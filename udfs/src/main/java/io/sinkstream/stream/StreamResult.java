package io.sinkstream.stream;

import io.sinkstream.settings.TokenDetails;

/** What became of one {@link StreamUpdate}. */
public sealed interface StreamResult {
    /**
     * The result of an update that its caller knows to be good.
     *
     * @throws IllegalStateException if it is none, saying why
     */
    Advanced advanced();

    /**
     * The stream has advanced.
     *
     * @param state the stream after the update
     * @param nll -ln p of each given token, nats; NaN for a stream's very first token, which nothing predicts
     * @param continuation what the model went on with; {@link Continuation#NONE} where tokens are only scored
     * @param rebuiltTokens how many tokens of its history were run again, since its cache was gone
     * @param details what was wanted of each given token, as {@link TokenDetails} lays it out; NaN for a stream's very first
     */
    record Advanced(StreamState state, double[] nll, Continuation continuation, long rebuiltTokens, double[] details)
            implements StreamResult {
        /** One without details whose cache was there. */
        public Advanced(StreamState state, double[] nll, Continuation continuation) {
            this(state, nll, continuation, 0, new double[0]);
        }

        @Override
        public Advanced advanced() {
            return this;
        }
    }

    /**
     * Nothing was done, since something is wrong with the update; others of the same call are not affected.
     *
     * @param problem what it is
     */
    record Refused(String problem) implements StreamResult {
        @Override
        public Advanced advanced() {
            throw new IllegalStateException(problem);
        }
    }

    /**
     * Nothing was done: the given state holds only a part of the stream's history, and its cache is gone or the choice of
     * its next tokens needs more. Give the whole one.
     */
    record HistoryNeeded() implements StreamResult {
        @Override
        public Advanced advanced() {
            throw new IllegalStateException("the stream's history is needed and is not whole");
        }
    }
}
