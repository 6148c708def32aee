package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The numbers of a training, each list in the order of {@link DecoderSpec#weights()}.
 *
 * @param weights the weights
 * @param first the mean of the gradients
 * @param second the mean of their squares
 */
record TrainingState(List<float[]> weights, List<float[]> first, List<float[]> second) {
    private static final double DEVIATION = 0.02;

    /**
     * A beginning: matrices of a normal distribution with a deviation of 0.02, those that add to the residual stream of one
     * smaller by the root of how many do (Radford et al. 2019, section 2.3), norms of 1, sinks of 0.
     */
    static TrainingState begin(DecoderSpec spec, long seed) {
        List<float[]> weights = new ArrayList<>();
        for (Weight weight : spec.weights()) {
            float[] numbers = new float[Math.toIntExact(weight.numbers())];
            switch (weight.role().kind()) {
                case NORM -> Arrays.fill(numbers, 1);
                case SINK_LOGIT -> {}
                case EMBEDDING, PROJECTION -> draw(numbers, deviation(weight, spec), seed(weight, seed));
            }
            weights.add(numbers);
        }
        return of(weights);
    }

    private static double deviation(Weight weight, DecoderSpec spec) {
        boolean adds = weight.role() == Role.OUTPUT || weight.role() == Role.DOWN;
        return adds ? DEVIATION / Math.sqrt(2.0 * spec.sizes().layers()) : DEVIATION;
    }

    /** Each has a seed of its own, so that it does not depend on which weights come before. */
    private static long seed(Weight weight, long seed) {
        return 31 * seed + weight.name().hashCode();
    }

    private static void draw(float[] numbers, double deviation, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (deviation * random.nextGaussian());
        }
    }

    /** Weights that no step was taken with. */
    static TrainingState of(List<float[]> weights) {
        return new TrainingState(weights, zeros(weights), zeros(weights));
    }

    private static List<float[]> zeros(List<float[]> like) {
        return like.stream().map(numbers -> new float[numbers.length]).toList();
    }
}
