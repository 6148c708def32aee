package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pass that fails while it writes its caches says so, and one that fails before says that they are as they were. */
class SpoiledCachesTest {
    private static final SinkWindow RULE = new SinkWindow(4, 12);
    private static final TinyModels.Shape SHAPE = TinyModels.Shape.llama().withLayers(2);

    @TempDir
    private Path folder;

    @BeforeEach
    void write() {
        TinyModels.of(SHAPE).write(folder);
    }

    private Decoder load() {
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        return Families.load(Checkpoint.open(folder), RULE, Numbers.REFERENCE, manager);
    }

    private static KeyValueCache cache(Decoder decoder, Cells cells) {
        return new KeyValueCache(decoder.manager(), decoder.cacheShape(), cells);
    }

    /** Tensors that can be read and not written: all slots are one. */
    private static Cells unwritable(Decoder decoder) {
        DecoderSpec.Sizes sizes = decoder.spec().sizes();
        return new Cells() {
            @Override
            public NDArray empty(NDManager owner, int layers, int slots) {
                return owner.zeros(new Shape(layers, 2, sizes.keyValueHeads(), 1, sizes.headSize()))
                        .broadcast(new Shape(layers, 2, sizes.keyValueHeads(), slots, sizes.headSize()));
            }

            @Override
            public NDArray grown(NDManager owner, NDArray cells, int slots) {
                return empty(owner, (int) cells.getShape().get(0), slots);
            }
        };
    }

    private static Chunk chunk(KeyValueCache cache, int[] ids, int count) {
        int from = (int) cache.end();
        return new Chunk(
                cache,
                Arrays.copyOfRange(ids, from, from + count),
                Arrays.copyOfRange(ids, from + 1, from + count + 1),
                false,
                0);
    }

    /** With as many rows both are one slab, else chunks. */
    @ParameterizedTest
    @CsvSource({"20,20", "70,80", "90,20"})
    void aPassThatFailsWhileItWritesSpoilsItsCaches(int rows, int others) {
        int[] ids = SHAPE.tokens(120, 1);
        try (Decoder decoder = load();
                KeyValueCache cache = cache(decoder, decoder.cells());
                KeyValueCache unwritable = cache(decoder, unwritable(decoder))) {
            List<Chunk> failing = List.of(chunk(cache, ids, rows), chunk(unwritable, ids, others));
            float[] before = cache.tensors().get(0).toFloatArray();

            assertThatThrownBy(() -> decoder.run(failing))
                    .isInstanceOf(CachesSpoiledException.class)
                    .hasCauseInstanceOf(EngineException.class)
                    .hasMessage("a pass failed while it wrote its caches");

            assertThat(cache.tensors().get(0).toFloatArray()).isNotEqualTo(before);
            assertThat(cache.end()).isZero();
        }
    }

    /** Of a single row's own writes nothing is seen until it has succeeded. */
    @Test
    void aPassThatFailsEarlierSpoilsNothing() {
        int[] ids = SHAPE.tokens(120, 1);
        int[] wrong = {SHAPE.vocab() + 1000, 3, 4};
        try (Decoder decoder = load();
                KeyValueCache cache = cache(decoder, decoder.cells());
                KeyValueCache unwritable = cache(decoder, unwritable(decoder))) {
            decoder.run(List.of(chunk(cache, ids, 30)));
            assertThatThrownBy(() -> decoder.run(List.of(new Chunk(cache, new int[] {1, 2, 3}, wrong, false, 0))))
                    .isInstanceOf(EngineException.class);
            assertThatThrownBy(() -> decoder.run(List.of(chunk(unwritable, ids, 1))))
                    .isInstanceOf(EngineException.class);
        }
    }
}
