package io.sinkstream.decoder;

import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.Sink;
import io.sinkstream.decoder.DecoderSpec.Weight;
import java.util.ArrayList;
import java.util.List;

/** The weights that a decoder needs. */
record DecoderWeights(DecoderSpec spec) {
    /** All weights, in the order in which the program takes them. */
    List<Weight> all() {
        List<Weight> all = new ArrayList<>();
        all.add(Weight.of("embedding", spec.sizes().vocabulary(), spec.sizes().hidden()));
        for (int layer = 0; layer < spec.sizes().layers(); layer++) {
            all.addAll(layer("layers." + layer + "."));
        }
        norm(all, "norm");
        if (!spec.output().tied()) {
            all.add(Weight.of("head", spec.sizes().vocabulary(), spec.sizes().hidden()));
        }
        if (spec.output().bias()) {
            all.add(Weight.of("head.bias", spec.sizes().vocabulary()));
        }
        return all;
    }

    /** One layer's weights, their roles behind {@code prefix}; the same in every layer. */
    List<Weight> layer(String prefix) {
        List<Weight> all = new ArrayList<>();
        int hidden = spec.sizes().hidden();
        int queries = spec.sizes().heads() * spec.sizes().headSize();
        int keys = spec.sizes().keyValueHeads() * spec.sizes().headSize();
        norm(all, prefix + "attention_norm");
        product(all, prefix + "query", queries, hidden, spec.attention().inputBias());
        product(all, prefix + "key", keys, hidden, spec.attention().inputBias());
        product(all, prefix + "value", keys, hidden, spec.attention().inputBias());
        queryKeyNorm(all, prefix + "query_norm", spec.sizes().heads());
        queryKeyNorm(all, prefix + "key_norm", spec.sizes().keyValueHeads());
        if (spec.attention().sink() == Sink.HEAD) {
            all.add(Weight.of(prefix + "sinks", spec.sizes().heads()));
        }
        product(all, prefix + "output", hidden, queries, spec.attention().outputBias());
        if (spec.block() != Block.PARALLEL) {
            norm(all, prefix + "mlp_norm");
        }
        if (spec.mlp().gated()) {
            product(
                    all,
                    prefix + "gate",
                    spec.sizes().intermediate(),
                    hidden,
                    spec.mlp().bias());
        }
        product(
                all,
                prefix + "up",
                spec.sizes().intermediate(),
                hidden,
                spec.mlp().bias());
        product(
                all,
                prefix + "down",
                hidden,
                spec.sizes().intermediate(),
                spec.mlp().bias());
        return all;
    }

    private void norm(List<Weight> all, String role) {
        all.add(Weight.of(role, spec.sizes().hidden()));
        if (spec.norm().bias()) {
            all.add(Weight.of(role + ".bias", spec.sizes().hidden()));
        }
    }

    private void queryKeyNorm(List<Weight> all, String role, int heads) {
        switch (spec.attention().queryKeyNorm()) {
            case NONE -> {}
            case HEAD -> all.add(Weight.of(role, spec.sizes().headSize()));
            case EACH_HEAD -> all.add(Weight.of(role, heads, spec.sizes().headSize()));
            case WHOLE -> {
                all.add(Weight.of(role, (long) heads * spec.sizes().headSize()));
                if (spec.norm().bias()) {
                    all.add(Weight.of(
                            role + ".bias", (long) heads * spec.sizes().headSize()));
                }
            }
        }
    }

    private static void product(List<Weight> all, String role, int out, int in, boolean bias) {
        all.add(Weight.of(role, out, in));
        if (bias) {
            all.add(Weight.of(role + ".bias", out));
        }
    }
}
