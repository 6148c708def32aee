package io.sinkstream.train;

import java.util.Random;
import java.util.stream.IntStream;

/** In which order samples are gone through: each once an epoch, anew in each epoch, and the same again from any place on. */
final class SampleOrder {
    private final int samples;
    private final long seed;
    private long epoch = -1;
    private int[] order;

    SampleOrder(int samples, long seed) {
        this.samples = samples;
        this.seed = seed;
    }

    /** The number of the sample that is taken as number {@code taken}, counted from 0 through all epochs. */
    int sample(long taken) {
        if (taken / samples != epoch) {
            epoch = taken / samples;
            order = IntStream.range(0, samples).toArray();
            Random random = new Random(31 * seed + epoch);
            for (int i = samples - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swapped = order[i];
                order[i] = order[j];
                order[j] = swapped;
            }
        }
        return order[(int) (taken % samples)];
    }
}
