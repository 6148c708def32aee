package io.sinkstream.stream;

/**
 * New tokens of one stream, and what to do with them.
 *
 * @param name where the stream's cache is kept between calls; null to keep none
 * @param state the stream up to here, from {@link StreamModel#start} or an earlier {@link StreamResult}
 * @param tokens the new tokens; may be empty
 * @param maxNewTokens how many tokens to continue with after them, greedily; 0 to score only
 * @param ignoreEos whether a continuation runs on past the model's end-of-sequence token
 */
public record StreamUpdate(StreamName name, StreamState state, int[] tokens, int maxNewTokens, boolean ignoreEos) {

    /** Scores {@code tokens}. */
    public static StreamUpdate score(StreamName name, StreamState state, int[] tokens) {
        return new StreamUpdate(name, state, tokens, 0, false);
    }

    /** Scores {@code tokens} as a prompt, then continues with at most {@code maxNewTokens} tokens. */
    public static StreamUpdate generate(
            StreamName name, StreamState state, int[] tokens, int maxNewTokens, boolean ignoreEos) {
        return new StreamUpdate(name, state, tokens, maxNewTokens, ignoreEos);
    }
}
