package io.sinkstream.benchmark;

import io.sinkstream.settings.PlotFeature;
import java.util.Arrays;

/**
 * One feature of an experiment, as few points as a picture can show.
 *
 * @param name the experiment's
 * @param x lengths of the input, tokens
 * @param y what is drawn: nats, GiB or seconds; finite
 */
record Curve(String name, double[] x, double[] y) {
    /**
     * A feature, from the token after the first {@code skipped} ones. The points of a perplexity are the last of their
     * stretch, those of a memory the largest, and those of a latency the median, so that single slow tokens do not hide the rest.
     * A perplexity that is infinite, and all after it, is at {@code limit}.
     */
    static Curve of(MeasuredExperiment experiment, PlotFeature feature, int skipped, double limit, int points) {
        double[] lengths = experiment.lengths();
        int first = 0;
        while (first < lengths.length - 1 && lengths[first] <= skipped) {
            first++;
        }
        int count = lengths.length - first;
        int stretch = Math.max(1, (count + points - 1) / points);
        int stretches = (count + stretch - 1) / stretch;
        double[] x = new double[stretches];
        double[] y = new double[stretches];
        for (int i = 0; i < stretches; i++) {
            int from = first + i * stretch;
            int to = Math.min(from + stretch, lengths.length);
            x[i] = lengths[to - 1];
            y[i] = switch (feature) {
                case PERPLEXITY -> Math.min(limit, Math.log(experiment.perplexities()[to - 1]));
                case VRAM ->
                    Arrays.stream(experiment.memories(), from, to).max().orElseThrow();
                case LATENCY -> median(Arrays.copyOfRange(experiment.latencies(), from, to));
            };
        }
        return new Curve(experiment.name(), x, y);
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
