package io.sinkstream.testing;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A weight that is worked out from its name, as {@code golden/README.md} defines it, so that a checkpoint is a few lines of
 * text.
 *
 * @param shape its dimensions
 * @param centre the middle of its values
 * @param spread how far they go to either side
 */
record Formula(List<Integer> shape, double centre, double spread) {
    /** The values, for the tensor of that name. */
    Tensor tensor(String name) {
        long hash = fnv1a64(name);
        double[] values = new double[shape.stream().reduce(1, Math::multiplyExact)];
        for (int i = 0; i < values.length; i++) {
            double u = (splitMix64(hash + i) >>> 40) * 0x1p-24;
            values[i] = (float) (centre + spread * (2 * u - 1));
        }
        return new Tensor(shape, values);
    }

    /** SplitMix64's output for a state (Steele, Lea and Flood 2014). */
    static long splitMix64(long state) {
        long z = state + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    private static long fnv1a64(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }
}
