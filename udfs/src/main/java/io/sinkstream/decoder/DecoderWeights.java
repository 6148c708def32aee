package io.sinkstream.decoder;

import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.Sink;
import java.util.ArrayList;
import java.util.List;

/** The weights that a decoder needs. */
record DecoderWeights(DecoderSpec spec) {
    /** All weights, in the order in which the program takes them. */
    List<Weight> all() {
        List<Weight> all = new ArrayList<>();
        all.add(embedding(Role.EMBEDDING));
        for (int layer = 0; layer < spec.sizes().layers(); layer++) {
            all.addAll(layer(layer));
        }
        norm(all, Role.NORM, 0);
        if (!spec.output().tied()) {
            all.add(embedding(Role.HEAD));
        }
        if (spec.output().bias()) {
            all.add(Weight.bias(Role.HEAD, 0, spec.sizes().vocabulary()));
        }
        return all;
    }

    /** A weight of the embedding's shape. */
    Weight embedding(Role role) {
        return Weight.factor(role, 0, spec.sizes().vocabulary(), spec.sizes().hidden());
    }

    /** One layer's weights; the same in every layer. */
    List<Weight> layer(int layer) {
        List<Weight> all = new ArrayList<>();
        int hidden = spec.sizes().hidden();
        int inner = spec.sizes().intermediate();
        int queries = spec.sizes().heads() * spec.sizes().headSize();
        int keys = spec.sizes().keyValueHeads() * spec.sizes().headSize();
        boolean inputBias = spec.attention().inputBias();
        norm(all, Role.ATTENTION_NORM, layer);
        projection(all, Role.QUERY, layer, queries, hidden, inputBias);
        projection(all, Role.KEY, layer, keys, hidden, inputBias);
        projection(all, Role.VALUE, layer, keys, hidden, inputBias);
        queryKeyNorm(all, Role.QUERY_NORM, layer, spec.sizes().heads());
        queryKeyNorm(all, Role.KEY_NORM, layer, spec.sizes().keyValueHeads());
        if (spec.attention().sink() == Sink.HEAD) {
            all.add(Weight.factor(Role.SINKS, layer, spec.sizes().heads()));
        }
        projection(all, Role.OUTPUT, layer, hidden, queries, spec.attention().outputBias());
        if (spec.block() != Block.PARALLEL) {
            norm(all, Role.MLP_NORM, layer);
        }
        if (spec.mlp().gated()) {
            projection(all, Role.GATE, layer, inner, hidden, spec.mlp().bias());
        }
        projection(all, Role.UP, layer, inner, hidden, spec.mlp().bias());
        projection(all, Role.DOWN, layer, hidden, inner, spec.mlp().bias());
        return all;
    }

    private void norm(List<Weight> all, Role role, int layer) {
        all.add(Weight.factor(role, layer, spec.sizes().hidden()));
        if (spec.norm().bias()) {
            all.add(Weight.bias(role, layer, spec.sizes().hidden()));
        }
    }

    private void queryKeyNorm(List<Weight> all, Role role, int layer, int heads) {
        int size = spec.sizes().headSize();
        long whole = (long) heads * size;
        switch (spec.attention().queryKeyNorm()) {
            case NONE -> {}
            case HEAD -> all.add(Weight.factor(role, layer, size));
            case EACH_HEAD -> all.add(Weight.factor(role, layer, heads, size));
            case WHOLE -> {
                all.add(Weight.factor(role, layer, whole));
                if (spec.norm().bias()) {
                    all.add(Weight.bias(role, layer, whole));
                }
            }
        }
    }

    private static void projection(List<Weight> all, Role role, int layer, int out, int in, boolean bias) {
        all.add(Weight.factor(role, layer, out, in));
        if (bias) {
            all.add(Weight.bias(role, layer, out));
        }
    }
}
