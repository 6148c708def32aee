package io.sinkstream.decoder;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A program whose last product is the identity: its logits are what it is given. Has {@value #VOCABULARY} tokens. */
public final class LogitRows implements AutoCloseable {
    public static final int VOCABULARY = 64;

    private final LoadedWeights weights;

    /** @param folder for the checkpoint that it is made of */
    public LogitRows(Path folder) {
        TinyModels.Shape shape = new TinyModels.Shape(
                "llama",
                1,
                VOCABULARY,
                VOCABULARY,
                VOCABULARY,
                new TinyModels.Heads(4, 2, 16),
                TinyModels.Head.OWN,
                Set.of(),
                new TinyModels.Rope(10_000, new TinyModels.Unscaled()),
                0);
        TinyModels.of(shape).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, new SinkWindow(4, 28));
        WeightSource source = Families.weights(checkpoint, spec);
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        weights = LoadedWeights.load(
                spec,
                Numbers.REFERENCE,
                manager,
                (weight, owner) -> weight.role() == Role.HEAD ? owner.eye(VOCABULARY) : source.load(weight, owner),
                ProductChoice.only(Products.MAPPED));
    }

    /** The tokens that these choose, each after a row of logits of its own; -1 for none. */
    public List<Integer> draw(List<float[]> logits, List<TokenChooser> choosers) {
        try (Scope scope = new Scope(weights.manager())) {
            float[] all = new float[logits.size() * VOCABULARY];
            for (int i = 0; i < logits.size(); i++) {
                System.arraycopy(logits.get(i), 0, all, i * VOCABULARY, VOCABULARY);
            }
            PtNDArray hidden = (PtNDArray) scope.manager().create(all, new Shape(logits.size(), VOCABULARY));
            TokenDraw draw = new TokenDraw(weights.programs().get(0), scope, hidden, VOCABULARY);
            return draw.draw(choosers).stream().map(TokenDraw.Drawn::token).toList();
        }
    }

    @Override
    public void close() {
        weights.close();
    }
}
