package io.sinkstream.train;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Which tokens an encoder is to tell: 15 of 100, by chance (Devlin et al. 2018, arXiv 1810.04805). All of them are seen as the mask,
 * and none as another token or as itself: that mixture is of no use (Wettig et al. 2022, arXiv 2202.08005, section 5).
 */
final class HiddenTokens {
    private static final double SHARE = 0.15;

    private HiddenTokens() {}

    /**
     * A text with tokens hidden: such a token's place has the complement of its id, which is negative. Texts of one length have
     * as many of them, so that the mean over several texts is that of their means.
     *
     * @param ids the text
     * @param from the first token that may be hidden; there is one at least
     * @param seed what is drawn begins with it
     */
    static int[] of(int[] ids, int from, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int[] hidden = ids.clone();
        int left = Math.max(1, (int) Math.round(SHARE * (ids.length - from)));
        // Knuth's algorithm S: each choice of as many is as likely.
        for (int t = from; t < ids.length; t++) {
            if (random.nextInt(ids.length - t) < left) {
                hidden[t] = ~ids[t];
                left--;
            }
        }
        return hidden;
    }

    /** How many are hidden. */
    static long count(int[] hidden) {
        return Arrays.stream(hidden).filter(id -> id < 0).count();
    }
}
