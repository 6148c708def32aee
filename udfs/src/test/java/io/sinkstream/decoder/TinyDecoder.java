package io.sinkstream.decoder;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A model of two layers under a rule whose window is soon full, for tests of passes.
 *
 * @param folder its checkpoint's
 */
public record TinyDecoder(Path folder) {
    /** The model. */
    public static final TinyModels.Shape SHAPE = TinyModels.Shape.llama().withLayers(2);

    /** The rule. */
    public static final SinkWindow RULE = new SinkWindow(4, 12);

    /** So many tokens before the pending one determine the next number. */
    public static final long HISTORY = 2L * RULE.window();

    /** Writes the checkpoint. */
    public static TinyDecoder write(Path folder) {
        return new TinyDecoder(TinyModels.of(SHAPE).write(folder));
    }

    /** Loads it, on this thread. The caller closes it. */
    public Decoder load() {
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        return Families.load(Checkpoint.open(folder), RULE, Numbers.REFERENCE, manager);
    }

    /** What the stream of these tokens has to give: {@code nll[t]} is of token t + 1. */
    public double[] nll(int[] ids) {
        return PlainDecoder.load(folder).nll(ids, RULE.sinks(), RULE.window());
    }

    static KeyValueCache cache(Decoder decoder, Cells cells) {
        return new KeyValueCache(decoder.manager(), decoder.cacheShape(), cells);
    }

    /** The tokens of {@code ids} from the cache's end on, each scored with its successor. */
    static Chunk chunk(KeyValueCache cache, int[] ids, int count) {
        int from = (int) cache.end();
        return new Chunk(
                cache,
                Arrays.copyOfRange(ids, from, from + count),
                Arrays.copyOfRange(ids, from + 1, from + count + 1),
                false,
                0);
    }
}
