package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
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
        for (DecoderSpec.Weight weight : spec.weights()) {
            float[] numbers = new float[Math.toIntExact(weight.shape().stream().reduce(1L, Math::multiplyExact))];
            String role = weight.role();
            if (role.contains("norm")) {
                Arrays.fill(numbers, 1);
            } else if (!role.endsWith("sinks")) {
                boolean adds = role.endsWith(".output") || role.endsWith(".down");
                double deviation =
                        adds ? DEVIATION / Math.sqrt(2.0 * spec.sizes().layers()) : DEVIATION;
                // Each has a seed of its own, so that it does not depend on which weights come before.
                RandomGenerator random =
                        RandomGeneratorFactory.of("L64X128MixRandom").create(31 * seed + role.hashCode());
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float) (deviation * random.nextGaussian());
                }
            }
            weights.add(numbers);
        }
        return of(weights);
    }

    /** Weights that no step was taken with. */
    static TrainingState of(List<float[]> weights) {
        return new TrainingState(weights, zeros(weights), zeros(weights));
    }

    private static List<float[]> zeros(List<float[]> like) {
        return like.stream().map(numbers -> new float[numbers.length]).toList();
    }
}
