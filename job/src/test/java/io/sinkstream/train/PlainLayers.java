package io.sinkstream.train;

import io.sinkstream.decoder.Weight;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What layers are made of, a token at a time in double precision, with the numbers of {@link TinyTraining}. */
final class PlainLayers {
    private final Architecture architecture;
    private final Map<String, double[]> weights = new HashMap<>();

    PlainLayers(Architecture architecture) {
        this.architecture = architecture;
        List<Weight> all = architecture.decoder().weights();
        for (int i = 0; i < all.size(); i++) {
            weights.put(all.get(i).name(), TinyTraining.numbers(i, all.get(i)));
        }
    }

    double[] weight(String name) {
        return weights.get(name);
    }

    double[] embedding(int id) {
        int hidden = architecture.sizes().hidden();
        return Arrays.copyOfRange(weights.get("embedding"), id * hidden, (id + 1) * hidden);
    }

    double[] normed(double[] x, String role) {
        double squares = Arrays.stream(x).map(one -> one * one).average().orElseThrow();
        double[] norm = weights.get(role);
        double[] normed = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            normed[i] = x[i] / Math.sqrt(squares + Architecture.NORM_EPSILON) * norm[i];
        }
        return normed;
    }

    double[] product(double[] x, String role) {
        double[] w = weights.get(role);
        double[] product = new double[w.length / x.length];
        for (int i = 0; i < product.length; i++) {
            for (int j = 0; j < x.length; j++) {
                product[i] += w[i * x.length + j] * x[j];
            }
        }
        return product;
    }

    double[] rotated(double[] x, int position) {
        List<Double> frequencies = architecture.frequencies();
        int half = frequencies.size();
        double[] rotated = new double[x.length];
        for (int head = 0; head < x.length; head += 2 * half) {
            for (int i = 0; i < half; i++) {
                double angle = position * frequencies.get(i);
                double a = x[head + i];
                double b = x[head + half + i];
                rotated[head + i] = a * Math.cos(angle) - b * Math.sin(angle);
                rotated[head + half + i] = b * Math.cos(angle) + a * Math.sin(angle);
            }
        }
        return rotated;
    }

    /** Adds what attention gave, and then the MLP. */
    void add(double[] x, double[] attention, String prefix) {
        add(x, product(attention, prefix + "output"));
        double[] h = normed(x, prefix + "mlp_norm");
        double[] gate = product(h, prefix + "gate");
        double[] up = product(h, prefix + "up");
        for (int i = 0; i < gate.length; i++) {
            up[i] *= gate[i] / (1 + Math.exp(-gate[i]));
        }
        add(x, product(up, prefix + "down"));
    }

    private static void add(double[] to, double[] what) {
        for (int i = 0; i < to.length; i++) {
            to[i] += what[i];
        }
    }
}
