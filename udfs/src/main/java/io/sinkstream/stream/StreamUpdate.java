package io.sinkstream.stream;

/** New tokens of one stream, and what to do with them. */
public sealed interface StreamUpdate {
    /** Where the stream's cache is kept between calls; null to keep none. */
    StreamName name();

    /** The stream up to here, from {@link StreamModel#start} or an earlier {@link StreamResult.Advanced}. */
    StreamState state();

    /** The new tokens; may be empty. */
    int[] tokens();

    /** The most tokens to continue with after them; 0 where they are only scored. */
    int maxNewTokens();

    /** Scores {@code tokens}. */
    static StreamUpdate score(StreamName name, StreamState state, int[] tokens) {
        return new Score(name, state, tokens);
    }

    /** Scores {@code tokens} as a prompt, then continues with at most {@code maxNewTokens} tokens. */
    static StreamUpdate generate(
            StreamName name, StreamState state, int[] tokens, int maxNewTokens, boolean ignoreEos) {
        return new Continue(name, state, tokens, maxNewTokens, ignoreEos);
    }

    /** Scores the tokens. */
    record Score(StreamName name, StreamState state, int[] tokens) implements StreamUpdate {
        @Override
        public int maxNewTokens() {
            return 0;
        }
    }

    /**
     * Scores the tokens and continues them, greedily.
     *
     * @param maxNewTokens at least 1
     * @param ignoreEos whether the continuation runs on past the model's end-of-sequence token
     */
    record Continue(StreamName name, StreamState state, int[] tokens, int maxNewTokens, boolean ignoreEos)
            implements StreamUpdate {
        /** Checks that a continuation may have a token. */
        public Continue {
            if (maxNewTokens < 1) {
                throw new IllegalArgumentException("a continuation of at most " + maxNewTokens + " tokens");
            }
        }
    }
}
