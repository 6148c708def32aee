package io.sinkstream.decoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The canonical decoder: pre-normalised blocks of grouped-query rotary attention and a gated MLP with SiLU, RMS norms
 * (Llama's layout, Touvron et al. 2023, arXiv 2302.13971 and 2307.09288). Immutable.
 *
 * @param layers L
 * @param hidden width of the hidden states
 * @param heads query heads
 * @param keyValueHeads key/value heads; divides {@code heads}
 * @param headSize numbers of a query, key or value, even
 * @param intermediate width inside the MLP
 * @param vocabulary token ids are 0 to this, exclusive
 * @param normEpsilon added to the mean square before the root
 * @param rotary the rotary frequencies, radians a position, headSize / 2 of them, scaling already applied
 * @param biases which products add one
 * @param tied whether the embedding is the output head too
 */
public record DecoderSpec(
        int layers,
        int hidden,
        int heads,
        int keyValueHeads,
        int headSize,
        int intermediate,
        int vocabulary,
        double normEpsilon,
        List<Double> rotary,
        Biases biases,
        boolean tied) {

    /**
     * Which products add a bias.
     *
     * @param queryKeyValue the three projections into attention
     * @param output attention's output projection
     * @param mlp the three products of the MLP
     */
    public record Biases(boolean queryKeyValue, boolean output, boolean mlp) {
        /** No product adds one. */
        public static final Biases NONE = new Biases(false, false, false);
    }

    /**
     * One weight that the decoder needs.
     *
     * @param role what it is for; a layer's roles begin with {@code layers.N.}
     * @param shape its dimensions; products are stored output x input
     */
    public record Weight(String role, List<Long> shape) {
        static Weight of(String role, long... shape) {
            return new Weight(role, Arrays.stream(shape).boxed().toList());
        }
    }

    /** Checks that the sizes fit together. */
    public DecoderSpec {
        rotary = List.copyOf(rotary);
        Objects.requireNonNull(biases);
        if (heads % keyValueHeads != 0) {
            throw new IllegalArgumentException(heads + " heads are no multiple of " + keyValueHeads);
        }
        if (rotary.size() * 2 != headSize) {
            throw new IllegalArgumentException(rotary.size() + " frequencies for heads of " + headSize);
        }
    }

    /** All weights, in the order in which the program takes them. */
    public List<Weight> weights() {
        List<Weight> all = new ArrayList<>();
        all.add(Weight.of("embedding", vocabulary, hidden));
        for (int layer = 0; layer < layers; layer++) {
            all.addAll(layerWeights("layers." + layer + "."));
        }
        all.add(Weight.of("norm", hidden));
        if (!tied) {
            all.add(Weight.of("head", vocabulary, hidden));
        }
        return all;
    }

    /** One layer's weights, their roles behind {@code prefix}; the same in every layer. */
    List<Weight> layerWeights(String prefix) {
        List<Weight> all = new ArrayList<>();
        int queries = heads * headSize;
        int keys = keyValueHeads * headSize;
        all.add(Weight.of(prefix + "attention_norm", hidden));
        product(all, prefix + "query", queries, hidden, biases.queryKeyValue());
        product(all, prefix + "key", keys, hidden, biases.queryKeyValue());
        product(all, prefix + "value", keys, hidden, biases.queryKeyValue());
        product(all, prefix + "output", hidden, queries, biases.output());
        all.add(Weight.of(prefix + "mlp_norm", hidden));
        product(all, prefix + "gate", intermediate, hidden, biases.mlp());
        product(all, prefix + "up", intermediate, hidden, biases.mlp());
        product(all, prefix + "down", hidden, intermediate, biases.mlp());
        return all;
    }

    private static void product(List<Weight> all, String role, int out, int in, boolean bias) {
        all.add(Weight.of(role, out, in));
        if (bias) {
            all.add(Weight.of(role + ".bias", out));
        }
    }

    /** The number of all weights' numbers. */
    public long parameters() {
        return weights().stream()
                .mapToLong(w -> w.shape().stream().reduce(1L, Math::multiplyExact))
                .sum();
    }
}
