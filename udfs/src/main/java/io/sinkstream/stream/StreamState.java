package io.sinkstream.stream;

import java.util.Arrays;

/**
 * All that a stream's next numbers depend on, as tokens: its sinks, its history (the pending token and the L x R before it)
 * and its position. A few bytes a token, and never tensors. Immutable.
 */
public final class StreamState {
    private final int sinks;
    private final long keep;
    private final int[] first;
    private final TokenHistory history;
    private final long position;
    private final long hash;
    private final boolean whole;
    /** Whether its tokens come from outside and nobody has looked at them yet. */
    private final boolean stored;

    private StreamState(
            int sinks,
            long keep,
            int[] first,
            TokenHistory history,
            long position,
            long hash,
            boolean whole,
            boolean stored) {
        this.stored = stored;
        this.sinks = sinks;
        this.keep = keep;
        this.first = first;
        this.history = history;
        this.position = position;
        this.hash = hash;
        this.whole = whole;
    }

    /**
     * A stream without tokens.
     *
     * @param sinks S
     * @param history tokens to keep before the pending one
     */
    static StreamState empty(int sinks, long history) {
        return new StreamState(sinks, history + 1, new int[0], TokenHistory.EMPTY, 0, 0, true, false);
    }

    /** A stream that was stored; see {@link StreamModel#resume}. */
    static StreamState stored(
            int sinks, long history, int[] first, long position, long hash, int[] last, boolean whole) {
        if (first.length != Math.min(sinks, position) || last.length > position || (position > 0 && last.length == 0)) {
            throw new IllegalArgumentException("a stream of " + position + " tokens can't have " + first.length
                    + " sinks and " + last.length + " last tokens");
        }
        TokenHistory kept = TokenHistory.EMPTY.append(last, history + 1);
        return new StreamState(sinks, history + 1, first.clone(), kept, position, hash, whole, true);
    }

    /** How many tokens the stream has. */
    public long position() {
        return position;
    }

    /** How many of its tokens have been run: all but the pending one. */
    long epoch() {
        return Math.max(0, position - 1);
    }

    /** The rolling hash of the tokens that have been run: all but the pending one. */
    public long hash() {
        return hash;
    }

    /** Whether it holds all of the stream's history that is kept, so that a cache can be rebuilt from it. */
    boolean isWhole() {
        return whole;
    }

    /** Whether its tokens come from where it was stored, and no model has run them since. */
    boolean isStored() {
        return stored;
    }

    /** The same, now that a model has run its tokens. */
    StreamState checked() {
        return stored ? new StreamState(sinks, keep, first, history, position, hash, whole, false) : this;
    }

    /** The first min(S, position) tokens. A new array. */
    public int[] sinks() {
        return first.clone();
    }

    /** How many tokens have to be run to rebuild its cache. */
    public long rebuildTokens() {
        return Math.min(epoch(), (long) first.length + known());
    }

    /** The last tokens that it holds, oldest first, the pending one last. A new array. */
    public int[] history() {
        return history.last(history.size());
    }

    /** The last {@code count} tokens, oldest first, or as many as it holds. A new array. */
    public int[] last(int count) {
        return history.last(Math.min(count, history.size()));
    }

    /** How many tokens are known before the pending one. */
    int known() {
        return Math.max(0, history.size() - 1);
    }

    /** The last {@code count} tokens before the pending one. */
    int[] before(int count) {
        return Arrays.copyOf(history.last(count + 1), count);
    }

    /** The pending token: the last one, not yet run. There is none while the position is 0. */
    int pending() {
        return history.last(1)[0];
    }

    /** The stream with these tokens behind it, which no model has run. */
    public StreamState append(int[] tokens) {
        if (tokens.length == 0) {
            return this;
        }
        int missing = (int) Math.min(tokens.length, Math.max(0, sinks - position));
        int[] start = first;
        if (missing > 0) {
            start = Arrays.copyOf(first, first.length + missing);
            System.arraycopy(tokens, 0, start, first.length, missing);
        }
        long run = position == 0 ? hash : mix(hash, pending());
        for (int i = 0; i < tokens.length - 1; i++) {
            run = mix(run, tokens[i]);
        }
        return new StreamState(
                sinks, keep, start, history.append(tokens, keep), position + tokens.length, run, whole, stored);
    }

    /** The same stream with only {@code count} tokens kept before the pending one, now and later. */
    StreamState withHistory(long count) {
        int kept = (int) Math.min(count + 1, history.size());
        return new StreamState(
                sinks,
                count + 1,
                first,
                TokenHistory.EMPTY.append(history.last(kept), kept),
                position,
                hash,
                whole,
                stored);
    }

    /**
     * The rolling hash of a stream after one more token: the finalizer of SplitMix64 (Steele, Lea and Flood 2014), whose
     * output differs in about half its bits for inputs that differ in one.
     */
    static long mix(long hash, int token) {
        long z = hash + 0x9E3779B97F4A7C15L * (token + 1L);
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
