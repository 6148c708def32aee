package io.sinkstream.stream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tokens of a job to run one after another.
 *
 * @param skipTo the position to go on at, leaving out what is not known; -1 to go on where the cache is
 * @param targets for each token the one to score after it, or -1
 * @param into where in the result's NLLs the first target's goes
 * @param predict whether the token behind the last is wanted
 * @param isProposed whether only the first token is sure, and the others may be left out
 */
record Run(long skipTo, int[] tokens, int[] targets, int into, boolean predict, boolean isProposed) {
    /** The sinks, then the history, as if nothing were between: see RATIONALE.md for why that is exact. */
    static List<Run> warmUp(StreamState state) {
        int known = state.known();
        long from = state.epoch() - known;
        int[] sinks = state.sinks();
        int[] history = state.before(known);
        List<Run> runs = new ArrayList<>();
        if (from <= sinks.length) {
            int[] all = Arrays.copyOf(sinks, (int) from + history.length);
            System.arraycopy(history, 0, all, (int) from, history.length);
            runs.add(warmUp(-1, all));
            return runs;
        }
        if (sinks.length > 0) {
            runs.add(warmUp(-1, sinks));
        }
        if (history.length > 0) {
            runs.add(warmUp(from, history));
        }
        return runs;
    }

    private static Run warmUp(long skipTo, int[] tokens) {
        return new Run(skipTo, tokens, none(tokens.length), 0, false, false);
    }

    static Run next(int token, int[] proposed) {
        int[] tokens = new int[1 + proposed.length];
        tokens[0] = token;
        System.arraycopy(proposed, 0, tokens, 1, proposed.length);
        return new Run(-1, tokens, none(tokens.length), 0, true, proposed.length > 0);
    }

    private static int[] none(int count) {
        int[] none = new int[count];
        Arrays.fill(none, -1);
        return none;
    }
}
