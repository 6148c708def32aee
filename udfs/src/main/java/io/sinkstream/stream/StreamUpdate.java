package io.sinkstream.stream;

import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.TokenSampler;
import io.sinkstream.settings.TokenDetails;

/** New tokens of one stream, and what to do with them. */
public sealed interface StreamUpdate {
    /** Where the stream's cache is kept between calls; null to keep none. */
    StreamName name();

    /** The stream up to here, from {@link StreamModel#start} or an earlier {@link StreamResult.Advanced}. */
    StreamState state();

    /** The new tokens; may be empty. */
    int[] tokens();

    /** What is wanted of the new tokens beside their NLLs. */
    TokenDetails details();

    /** The most tokens to continue with after them; 0 where they are only scored. */
    int maxNewTokens();

    /** Scores {@code tokens}. */
    static StreamUpdate score(StreamName name, StreamState state, int[] tokens) {
        return new Score(name, state, tokens, TokenDetails.NONE);
    }

    /** Scores {@code tokens} as a prompt, then continues with at most {@code maxNewTokens} tokens, greedily. */
    static Continue generate(StreamName name, StreamState state, int[] tokens, int maxNewTokens, boolean ignoreEos) {
        return new Continue(name, state, tokens, maxNewTokens, ignoreEos, Sampling.GREEDY, 0, null, 0);
    }

    /** Scores the tokens. */
    record Score(StreamName name, StreamState state, int[] tokens, TokenDetails details) implements StreamUpdate {
        @Override
        public int maxNewTokens() {
            return 0;
        }
    }

    /**
     * Scores the tokens and continues them.
     *
     * @param maxNewTokens at least 1
     * @param ignoreEos whether the continuation runs on past the model's end-of-sequence token
     * @param sampling how its tokens are chosen, and what else ends it
     * @param chance tells streams apart that draw by chance
     * @param listener hears of its tokens as they come; null for nobody
     * @param lookupTokens the most tokens that are looked up in the stream and run at once with the one before them, see {@link
     *     #lookingUp}; 0 for none
     */
    record Continue(
            StreamName name,
            StreamState state,
            int[] tokens,
            int maxNewTokens,
            boolean ignoreEos,
            Sampling sampling,
            long chance,
            TokenListener listener,
            int lookupTokens)
            implements StreamUpdate {
        /** Checks that a continuation may have a token. */
        public Continue {
            if (maxNewTokens < 1 || lookupTokens < 0) {
                throw new IllegalArgumentException(
                        "a continuation of at most " + maxNewTokens + " tokens, " + lookupTokens + " looked up");
            }
        }

        @Override
        public TokenDetails details() {
            return TokenDetails.NONE;
        }

        /**
         * The same with tokens that are chosen so.
         *
         * @param key of the stream: what is drawn by chance depends on the seed, this and the position, and nothing else
         */
        public Continue sampled(Sampling how, String key) {
            return new Continue(
                    name,
                    state,
                    tokens,
                    maxNewTokens,
                    ignoreEos,
                    how,
                    TokenSampler.stream(key),
                    listener,
                    lookupTokens);
        }

        /** The same with {@code other} hearing of its tokens. */
        public Continue told(TokenListener other) {
            return new Continue(name, state, tokens, maxNewTokens, ignoreEos, sampling, chance, other, lookupTokens);
        }

        /**
         * The same tokens, several a pass where the stream repeats itself: at most {@code most} that followed the last ones before
         * run with the token at hand, and those that the model would have chosen stay. 0 for one token a pass.
         */
        public Continue lookingUp(int most) {
            return new Continue(name, state, tokens, maxNewTokens, ignoreEos, sampling, chance, listener, most);
        }
    }
}
