package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** When tokens are proposed, by what that costs in a pass and what it brings. */
class LookaheadTest {
    private static final int SEEN = 200;

    /** A pass that proposes costs so much more than one that does not, in passes of one stream alone. */
    private static double price(int proposed) {
        return proposed == 0 ? 0 : 0.6 + 0.05 * proposed;
    }

    /** What one stream's token costs where so many streams share a pass: a fifth of a pass is each one's own. */
    private static double token(int streams) {
        return 0.8 / streams + 0.2;
    }

    /**
     * What a continuation costs.
     *
     * @param passes how many it took
     * @param cost in tokens that come one a pass
     */
    private record Run(int passes, double cost, LookupCounts counts) {}

    /** The continuation is known; as much of each proposal is accepted as it has in common with that. */
    private static Run run(int[] prompt, int[] tokens, int most, int streams) {
        Lookahead lookahead = new Lookahead(most, SEEN);
        for (int token : prompt) {
            lookahead.add(token);
        }
        int done = 0;
        int passes = 0;
        double cost = 0;
        while (done < tokens.length) {
            int[] proposed = lookahead.propose(tokens.length - done - 1, streams);
            int right = 0;
            while (right < proposed.length && proposed[right] == tokens[done + right]) {
                right++;
            }
            for (int i = 0; i <= right; i++) {
                lookahead.add(tokens[done++]);
            }
            if (proposed.length > 0) {
                lookahead.judged(proposed.length, right);
            }
            passes++;
            cost += 1 + price(proposed.length) / token(streams);
        }
        return new Run(passes, cost, lookahead.counts());
    }

    private static int[] repeated(int count, int period) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = i % period;
        }
        return tokens;
    }

    @Example
    void whatRepeatsItselfTakesFewPasses() {
        Run alone = run(repeated(100, 20), repeated(200, 20), 8, 1);

        assertThat(alone.passes()).isLessThan(30);
        assertThat(alone.cost()).isLessThan(60);
    }

    /** A pass is dear there, and a guess of eight right tokens still pays. */
    @Example
    void whatRepeatsItselfTakesFewPassesBesideManyStreamsToo() {
        Run among = run(repeated(100, 20), repeated(200, 20), 8, 32);

        assertThat(among.passes()).isLessThan(80);
        assertThat(among.cost()).isLessThan(160);
    }

    /** Of four tokens two come, and sometimes all: that pays alone, and costs more than it brings among others. */
    @Example
    void whatHoldsHalfIsProposedAloneAndNotAmongOthers() {
        int[] tokens = new int[400];
        Random random = new Random(1);
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = i % 3 < 2 ? i % 3 : 10 + random.nextInt(3);
        }
        Run alone = run(new int[0], tokens, 4, 1);
        Run among = run(new int[0], tokens, 4, 32);

        assertThat(alone.passes()).isLessThan(250);
        assertThat(alone.cost()).isLessThan(tokens.length);
        assertThat(among.counts().proposed()).isLessThan(alone.counts().proposed() / 5);
        assertThat(among.cost()).isLessThan(1.03 * tokens.length);
    }

    /** Nothing is tried at a high price on the mere chance that it pays. */
    @Example
    void amongManyStreamsTheFirstGuessesAreSilent() {
        assertThat(guess(1)).isNotEmpty();
        assertThat(guess(8)).isEmpty();
    }

    private static int[] guess(int streams) {
        Lookahead lookahead = new Lookahead(8, SEEN);
        for (int token : repeated(50, 10)) {
            lookahead.add(token);
        }
        return lookahead.propose(100, streams);
    }

    /** Whatever comes, with however many streams: 3 % and four tokens are all that guesses ever lose. */
    @Property(tries = 1000)
    void guessesLoseLittleWhateverComes(
            @ForAll @Size(min = 10, max = 40) List<@IntRange(max = 3) Integer> motif,
            @ForAll @IntRange(max = 6) int noise,
            @ForAll @IntRange(min = 1, max = 40) int most,
            @ForAll @IntRange(min = 1, max = 512) int streams,
            @ForAll long seed) {
        Random random = new Random(seed);
        int[] tokens = new int[600];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = random.nextInt(8) < noise ? random.nextInt(4) : motif.get(i % motif.size());
        }

        Run run = run(new int[0], tokens, most, streams);

        assertThat(run.cost()).isLessThanOrEqualTo(1.03 * tokens.length + 4.000001);
        assertThat(run.counts().accepted()).isEqualTo(tokens.length - run.passes());
    }
}
