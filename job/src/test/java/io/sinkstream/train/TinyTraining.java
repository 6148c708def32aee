package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import io.sinkstream.settings.TrainedSink;
import java.util.ArrayList;
import java.util.List;

/** What {@code training_step.py} trains: the same architecture, numbers and samples. */
final class TinyTraining {
    static final Optimization OPTIMIZATION = new Optimization(10, 1, 1e-2, 0.1, 0.1, 0.5);

    private TinyTraining() {}

    static Architecture architecture(TrainedSink sink, boolean tied) {
        return new Architecture(new DecoderSpec.Sizes(2, 12, 3, 1, 4, 20, 17), 9, sink, AttentionSpan.CAUSAL, tied);
    }

    static TrainingState begin(Architecture architecture) {
        List<float[]> weights = new ArrayList<>();
        List<Weight> all = architecture.decoder().weights();
        for (int index = 0; index < all.size(); index++) {
            double[] numbers = numbers(index, all.get(index));
            float[] rounded = new float[numbers.length];
            for (int i = 0; i < rounded.length; i++) {
                rounded[i] = (float) numbers[i];
            }
            weights.add(rounded);
        }
        List<float[]> zeros = weights.stream().map(w -> new float[w.length]).toList();
        return new TrainingState(
                weights, zeros, weights.stream().map(w -> new float[w.length]).toList());
    }

    static double[] numbers(int index, Weight weight) {
        double[] numbers = new double[Math.toIntExact(weight.numbers())];
        for (int i = 0; i < numbers.length; i++) {
            double x = 0.3 * Math.sin(0.7 * i + 1.3 * index);
            numbers[i] = weight.role().kind() == Role.Kind.NORM ? 1 + x / 3 : x;
        }
        return numbers;
    }

    /** Two samples of a micro-batch, T + 1 ids each. */
    static int[][] samples(Architecture architecture, int step, int batch) {
        int[][] samples = new int[2][architecture.context() + 1];
        for (int s = 0; s < samples.length; s++) {
            for (int t = 0; t < samples[s].length; t++) {
                samples[s][t] = (3 * t * t + 5 * t * (s + 2 * batch) + 7 * step + s)
                        % architecture.sizes().vocabulary();
            }
        }
        return samples;
    }
}
