package io.sinkstream.decoder;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.cache.LayerGroup;
import io.sinkstream.cache.SinkWindow;
import java.util.Arrays;
import java.util.List;

/**
 * Looks at where a decoder's attention goes, by a program of its own that runs a layer at a time and keeps no cache. Belongs to
 * its decoder, which closes it, and to the decoder's thread.
 */
final class AttentionProbe implements AutoCloseable {
    /** Numbers of one layer's attention that exist at a time, at most, but for a text that has more: 32 MiB, a few times over. */
    private static final long MOST = 8 << 20;

    private final LoadedWeights weights;
    private final IValue positions;
    private final LoadedProgram program;

    /** @param positions the decoder's frequencies or slopes, which outlive this */
    AttentionProbe(LoadedWeights weights, IValue positions) {
        this.weights = weights;
        this.positions = positions;
        this.program = new LoadedProgram(many().program().forAttention(), weights.manager());
    }

    /** The program whose weights it takes. */
    private LoadedProgram many() {
        return weights.programs().get(weights.programs().size() - 1);
    }

    /** @param texts token ids, at least one text and one token, all as long */
    AttentionSums look(List<int[]> texts) {
        int tokens = texts.get(0).length;
        int heads = weights.spec().sizes().heads();
        int together = (int) Math.max(1, MOST / ((long) heads * tokens * tokens));
        AttentionSums all = null;
        for (int from = 0; from < texts.size(); from += together) {
            AttentionSums some = sums(texts.subList(from, Math.min(texts.size(), from + together)), tokens);
            all = all == null ? some : all.plus(some);
        }
        return all;
    }

    private AttentionSums sums(List<int[]> texts, int tokens) {
        int layers = weights.spec().sizes().layers();
        long[] ids = new long[2 * texts.size() * tokens];
        for (int row = 0; row < ids.length / 2; row++) {
            ids[row] = texts.get(row / tokens)[row % tokens];
            ids[ids.length / 2 + row] = row % tokens;
        }
        double[][] logits = new double[layers][];
        double[][] shares = new double[layers][];
        List<LayerGroup> groups = weights.spec().groups(new SinkWindow(0, tokens));
        try (Scope scope = new Scope(weights.manager())) {
            IValue w = many().weights();
            IValue all = scope.tensor(ids, new Shape(2, ids.length / 2));
            IValue sinks = scope.own(IValue.listFrom(new long[groups.size()]));
            IValue windows = scope.own(IValue.listFrom(
                    groups.stream().mapToLong(group -> group.rule().window()).toArray()));
            IValue count = scope.number(tokens);
            IValue x = scope.own(program.run("entering", w, all));
            for (int layer = 0; layer < layers; layer++) {
                try (Scope ofLayer = new Scope(weights.manager())) {
                    IValue given = ofLayer.own(
                            program.run("looked", w, positions, sinks, windows, x, all, count, ofLayer.number(layer)));
                    PtNDArray[] parts = given.toTensorArray(ofLayer.manager());
                    logits[layer] = parts[1].toDoubleArray();
                    shares[layer] = parts[2].toDoubleArray();
                }
            }
            return new AttentionSums(
                    texts.size(), weights.spec().sizes().heads(), tokens, logits, shares, nll(scope, x, texts, tokens));
        }
    }

    private double nll(Scope scope, IValue x, List<int[]> texts, int tokens) {
        int count = texts.size() * (tokens - 1);
        if (count == 0) {
            return 0;
        }
        long[] scored = new long[2 * count];
        for (int i = 0; i < count; i++) {
            int text = i / (tokens - 1);
            int token = i % (tokens - 1);
            scored[i] = (long) text * tokens + token;
            scored[count + i] = texts.get(text)[token + 1];
        }
        IValue numbers = scope.own(program.run("told", many().weights(), x, scope.tensor(scored, new Shape(2, count))));
        return Arrays.stream(numbers.toTensor(scope.manager()).toDoubleArray()).sum();
    }

    @Override
    public void close() {
        program.close();
    }
}
