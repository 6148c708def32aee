package io.sinkstream.stream;

import io.sinkstream.cache.HiddenStates;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.decoder.Candidates;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.decoder.Proposal;
import io.sinkstream.decoder.TokenChooser;
import io.sinkstream.sampling.Contrast;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.List;

/**
 * One token of a contrastive search. Each of the tokens that may come runs in a chunk of its own behind the stream's last one, of which
 * nothing is kept but, with the last of them, that one: the token that wins is the stream's last one then.
 */
final class Contest {
    private static final int[] UNSCORED = {-1, -1};

    private final Contrast contrast;
    private final int pending;
    private final long position;
    private final long hash;
    private final Candidates candidates;
    private final List<Look> looks;
    private int tried;
    private int winner;
    private double best = Double.NEGATIVE_INFINITY;
    /** The winner's hidden state. */
    private float[] state;

    /**
     * One between some tokens.
     *
     * @param pending the stream's last token, which its cache does not hold
     * @param position its position
     * @param hash of the stream before it
     * @param looks at what may follow each of them: as many as there are
     */
    Contest(Contrast contrast, int pending, long position, long hash, Candidates candidates, List<Look> looks) {
        this.contrast = contrast;
        this.pending = pending;
        this.position = position;
        this.hash = hash;
        this.candidates = candidates;
        this.looks = looks;
    }

    /** How many tokens may come: those of the likeliest that are not ruled out. */
    static int size(Contrast contrast, Candidates candidates) {
        int size = 0;
        while (size < Math.min(contrast.topK(), candidates.tokens().length)
                && candidates.logits()[size] != Double.NEGATIVE_INFINITY) {
            size++;
        }
        return size;
    }

    /** How many rows are left to run: two for each token. */
    int ready() {
        return 2 * (looks.size() - tried);
    }

    /** The next chunks, of so many rows together at most, but one of them in any case. */
    List<Chunk> chunks(int rows, KeyValueCache cache) {
        List<Chunk> chunks = new ArrayList<>();
        for (int i = tried; i < looks.size() && (i == tried || 2 * (i - tried + 1) <= rows); i++) {
            int[] tokens = {pending, candidates.tokens()[i]};
            chunks.add(new Chunk(
                    cache,
                    tokens,
                    UNSCORED,
                    true,
                    -1,
                    null,
                    TokenDetails.NONE,
                    new Trial(looks.get(i), isLast(i)),
                    true));
        }
        return chunks;
    }

    private boolean isLast(int index) {
        return index == looks.size() - 1;
    }

    /** Takes what a chunk gave, which is the next one's. */
    void take(ChunkResult result, HiddenStates before) {
        float[] hidden = result.hidden();
        int size = hidden.length / 2;
        double probability = Math.exp(candidates.logits()[tried] - candidates.logSumExp());
        double score = contrast.score(probability, before.nearest(position + 1, hidden, size, size));
        if (score > best || tried == 0) {
            best = score;
            winner = tried;
            state = hidden;
        }
        tried++;
    }

    /** Whether all were tried. */
    boolean isOver() {
        return tried == looks.size();
    }

    int winner() {
        return candidates.tokens()[winner];
    }

    /** The winner's NLL under the model, nats. */
    double nll() {
        return candidates.nll()[winner];
    }

    /** What may follow the winner. */
    Candidates next() {
        return looks.get(winner).found();
    }

    /** Puts the winner's hidden state behind those of the tokens before it. */
    void settle(HiddenStates before) {
        int size = state.length / 2;
        before.put(position + 1, state, size, size);
    }

    /** The hash of what the cache holds once it is over. */
    long hash() {
        return StreamState.mix(hash, pending);
    }

    /** A token that may come, behind the last one, which is kept if no other is to be tried. */
    private final class Trial implements Proposal {
        private final Look look;
        private final boolean isLast;

        Trial(Look look, boolean isLast) {
            this.look = look;
            this.isLast = isLast;
        }

        @Override
        public int count() {
            return 1;
        }

        @Override
        public TokenChooser chooser(int after) {
            return look;
        }

        @Override
        public int accepted(int[] next, double[] nll) {
            return isLast ? 0 : -1;
        }

        @Override
        public long hash(int accepted) {
            return accepted < 0 ? hash : Contest.this.hash();
        }
    }
}
