package io.sinkstream.stream;

/**
 * Proposes a continuation's next tokens, as many as are likely to come, and none for a while where proposing does not pay: a pass with
 * proposed tokens costs more than one without.
 */
final class Lookahead {
    private static final int[] NONE = {};

    /** What such a pass costs beside one without, in such passes, and what each proposed token does. */
    private static final double PRICE = 0.6;

    private static final double PRICE_OF_TOKEN = 0.05;

    /** What may be lost before the first pause, in passes without proposed tokens, and what is not forgotten of gains. */
    private static final double LOAN = 1;

    private static final double MOST_CREDIT = 4;

    /** How many tokens the first pause lasts; each that follows without a gain between is twice as long. */
    private static final int FIRST_PAUSE = 24;

    private static final int LONGEST_PAUSE = 1536;

    /** How many tokens are proposed first. */
    private static final int FEW = 4;

    private final int most;
    private final TokenLookup lookup;
    private double credit = LOAN;
    private int pause;
    private int nextPause = FIRST_PAUSE;
    private int length;
    private long proposed;
    private long accepted;

    /**
     * One for a stream of which nothing is known.
     *
     * @param most the most tokens proposed at once, at least 1
     * @param seen how many of the stream's last tokens are looked up
     */
    Lookahead(int most, int seen) {
        this.most = most;
        this.length = Math.min(most, FEW);
        this.lookup = new TokenLookup(seen);
    }

    /** Takes note of a token of the stream. */
    void add(int token) {
        lookup.add(token);
        pause = Math.max(0, pause - 1);
    }

    /** At most so many tokens that are likely to come next. */
    int[] propose(int room) {
        int count = Math.min(length, room);
        return pause > 0 || count < 1 ? NONE : lookup.next(count);
    }

    /** Takes note of what became of proposed tokens. */
    void judged(int count, int right) {
        proposed += count;
        accepted += right;
        credit = Math.min(MOST_CREDIT, credit + right - PRICE - PRICE_OF_TOKEN * count);
        length = right == count ? Math.min(most, 2 * length) : Math.min(most, Math.max(2, right + 2));
        if (credit < 0) {
            pause = nextPause;
            nextPause = Math.min(LONGEST_PAUSE, 2 * nextPause);
            credit = 0;
        } else if (credit > LOAN) {
            nextPause = FIRST_PAUSE;
        }
    }

    LookupCounts counts() {
        return new LookupCounts(proposed, accepted);
    }
}
