package io.sinkstream.sampling;

/**
 * Chance without a state: a number is a hash of seed, stream, position and token, so that a token is the same whatever it is
 * computed beside, and when, and how often.
 *
 * <p>The token whose logit plus noise is the largest comes with its softmax's probability, if the noise of each is Gumbel's
 * (Maddison, Tarlow and Minka 2014). Two logits that differ in their last digits change places at the worst, where a draw from
 * sums of probabilities would shift all that comes behind.
 */
final class Chance {
    private static final double UNIT = 0x1p-53;

    private Chance() {}

    /** A stream's number, from its key. */
    static long stream(String key) {
        long hash = key.length();
        for (int i = 0; i < key.length(); i++) {
            hash = mix(hash, key.charAt(i));
        }
        return hash;
    }

    /** What the noise of all tokens at a position begins with. */
    static long at(long seed, long stream, long position) {
        return mix(mix(mix(0, seed), stream), position);
    }

    /** The noise of a token. */
    static double gumbel(long place, int token) {
        double uniform = ((mix(place, token) >>> 11) + 0.5) * UNIT;
        return -Math.log(-Math.log(uniform));
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long hash, long value) {
        long z = hash + 0x9E3779B97F4A7C15L * (value + 1);
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
