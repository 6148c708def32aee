package io.sinkstream.train;

/**
 * How weights are changed: AdamW, with a rate that warms up and then falls along a cosine.
 *
 * @param steps all steps of the training
 * @param warmup steps over which the rate rises from 0 to its peak
 * @param rate the peak
 * @param floor the rate at the end, as a share of the peak
 * @param decay what a matrix loses each step, as a share and times the rate
 * @param clip the largest norm of all gradients together
 */
record Optimization(int steps, int warmup, double rate, double floor, double decay, double clip) {
    static final double BETA1 = 0.9;
    static final double BETA2 = 0.95;
    static final double EPSILON = 1e-8;

    /** The rate of a step, counted from 0. */
    double rateOf(int step) {
        if (step < warmup) {
            return rate * (step + 1) / warmup;
        }
        double done = Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
        return rate * (floor + (1 - floor) * (1 + Math.cos(Math.PI * done)) / 2);
    }
}
