package io.sinkstream.decoder;

import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Says that the first {@code right} of its tokens are true, and remembers what it was asked with. */
class Guess implements Proposal {
    static final long HASH = 1_000;

    private final int count;
    private final int right;
    private final List<int[]> asked = new ArrayList<>();

    Guess(int count, int right) {
        this.count = count;
        this.right = right;
    }

    /** Tokens of which it says that. */
    static Chunk chunk(KeyValueCache cache, int[] tokens, Proposal guess) {
        int[] none = new int[tokens.length];
        Arrays.fill(none, -1);
        return new Chunk(cache, tokens, none, true, -1, null, TokenDetails.NONE, guess);
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public TokenChooser chooser(int after) {
        return null;
    }

    @Override
    public int accepted(int[] next, double[] nll) {
        asked.add(next);
        return right;
    }

    /** What followed its tokens, each time. */
    List<int[]> asked() {
        return Collections.unmodifiableList(asked);
    }

    @Override
    public long hash(int accepted) {
        return HASH + accepted;
    }
}
