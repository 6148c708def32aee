package io.sinkstream.stream;

import io.sinkstream.decoder.Proposal;
import io.sinkstream.decoder.TokenChooser;
import java.util.List;

/** The proposed tokens of one pass, and what its continuation takes of them. */
final class ProposedTokens implements Proposal {
    private final GrowingContinuation continuation;
    private final int[] tokens;
    private final List<TokenChooser> choosers;
    private final long[] hashes;
    private boolean goesOn;
    private RuntimeException failure;

    /**
     * Some for a continuation.
     *
     * @param hash of the stream before {@code first}
     * @param first the token before them, which is sure
     */
    ProposedTokens(GrowingContinuation continuation, long hash, int first, int[] tokens) {
        this.continuation = continuation;
        this.tokens = tokens;
        this.choosers = continuation.choosers(tokens);
        this.hashes = new long[tokens.length + 1];
        hashes[0] = StreamState.mix(hash, first);
        for (int i = 0; i < tokens.length; i++) {
            hashes[i + 1] = StreamState.mix(hashes[i], tokens[i]);
        }
    }

    @Override
    public int count() {
        return tokens.length;
    }

    @Override
    public TokenChooser chooser(int after) {
        return choosers.get(after - 1);
    }

    /** What it throws is kept for {@link #goesOn}: the pass is not to fail for one of its streams. */
    @Override
    public int accepted(int[] next, double[] nll) {
        int accepted = 0;
        try {
            goesOn = continuation.accept(next[0], nll[0]);
            while (goesOn && accepted < tokens.length && next[accepted] == tokens[accepted]) {
                accepted++;
                goesOn = continuation.accept(next[accepted], nll[accepted]);
            }
            continuation.judged(tokens.length, accepted);
        } catch (RuntimeException e) {
            failure = e;
        }
        return accepted;
    }

    /** Whether the token that follows the accepted ones is to be followed by another. */
    boolean goesOn() {
        if (failure != null) {
            throw failure;
        }
        return goesOn;
    }

    @Override
    public long hash(int accepted) {
        return hashes[accepted];
    }
}
