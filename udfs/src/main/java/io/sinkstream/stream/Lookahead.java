package io.sinkstream.stream;

/**
 * Proposes a continuation's next tokens where that pays: a pass with proposed tokens costs more than one without, the more so the
 * more streams share it. What a proposal would have brought is told by the tokens that come, at no cost, so guesses are made silently until
 * they pay. Real ones may lose little in all, whatever comes.
 */
final class Lookahead {
    private static final int[] NONE = {};

    /** What such a pass costs beside one without, in passes of one stream alone, and what each proposed token does. */
    private static final double PRICE = 0.6;

    private static final double PRICE_OF_TOKEN = 0.05;

    /** Of a pass of one stream alone, how much a stream that joins it does not add: above all the weights are read once. */
    private static final double SHARED = 0.8;

    /** What real guesses may lose at first, and what is not forgotten of their gains, in tokens. */
    private static final double LOAN = 4;

    private static final double MOST_CREDIT = 8;

    /** What they may lose beside, for each token that comes. */
    private static final double CREDIT_OF_TOKEN = 0.03;

    /** A guess that can lose more than so many tokens waits until silent ones have gained some. */
    private static final double TRIAL = 1;

    /** How many tokens are guessed first. */
    private static final int FEW = 4;

    private final int most;
    private final TokenLookup lookup;
    private double credit = LOAN;
    /** What a guess has gained of late, in tokens; NaN before the first. */
    private double trend = Double.NaN;

    private int length;
    /** What a token is worth where the next guess is made, in passes of one stream alone. */
    private double worth = 1;

    private int[] silent = NONE;
    private int come;
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
        credit = Math.min(MOST_CREDIT, credit + CREDIT_OF_TOKEN);
        if (silent.length > 0) {
            boolean isRight = silent[come] == token;
            come += isRight ? 1 : 0;
            if (!isRight || come == silent.length) {
                learn(silent.length, come);
                silent = NONE;
            }
        }
    }

    /**
     * At most so many tokens that are likely to come next.
     *
     * @param company how many rows a pass has without proposed ones, this stream's among them
     */
    int[] propose(int room, int company) {
        int count = Math.min(length, room);
        if (count < 1 || silent.length > 0) {
            return NONE;
        }
        worth = SHARED / company + 1 - SHARED;
        int affordable = (int) Math.min(count, (credit * worth - PRICE) / PRICE_OF_TOKEN);
        if (affordable > 0 && pays(affordable)) {
            return lookup.next(affordable);
        }
        silent = lookup.next(count);
        come = 0;
        return NONE;
    }

    private boolean pays(int count) {
        double price = price(count);
        return count > price && (Double.isNaN(trend) ? price <= TRIAL : trend >= 0);
    }

    /** What a guess of so many tokens costs, in tokens. */
    private double price(int count) {
        return (PRICE + PRICE_OF_TOKEN * count) / worth;
    }

    /** Takes note of what became of proposed tokens. */
    void judged(int count, int right) {
        proposed += count;
        accepted += right;
        credit = Math.min(MOST_CREDIT, credit + right - price(count));
        learn(count, right);
    }

    private void learn(int count, int right) {
        double gain = right - price(count);
        trend = Double.isNaN(trend) ? gain : (3 * trend + gain) / 4;
        length = right == count ? Math.min(most, 2 * length) : Math.min(most, Math.max(2, right + 2));
    }

    LookupCounts counts() {
        return new LookupCounts(proposed, accepted);
    }
}
