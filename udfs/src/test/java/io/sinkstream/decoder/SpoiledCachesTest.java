package io.sinkstream.decoder;

import static io.sinkstream.decoder.TinyDecoder.SHAPE;
import static io.sinkstream.decoder.TinyDecoder.cache;
import static io.sinkstream.decoder.TinyDecoder.chunk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.KeyValueCache;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A pass that fails while it writes its caches says so, and one that fails before leaves them as they were. */
class SpoiledCachesTest {
    /** Against the plain decoder, fp32 against double precision. */
    private static final double SAME = 1e-4;

    /** The same products, but kernels begin at another lane where memory is aligned differently. */
    private static final double ROUNDING = 1e-5;

    @TempDir
    private Path folder;

    private TinyDecoder model;

    @BeforeEach
    void write() {
        model = TinyDecoder.write(folder);
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

    private static double[] nll(Decoder decoder, Chunk chunk) {
        return decoder.run(List.of(chunk)).get(0).nll();
    }

    /**
     * An embedding index out of range throws before anything is written, a target out of range after all layers have
     * run: single rows have then written their slots already.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 40, 70})
    void everyCacheOfAFailedPassHoldsWhatItHeld(int at) {
        int[] ids = SHAPE.tokens(120, 1);
        double[] wanted = Arrays.copyOf(model.nll(ids), 30);
        try (Decoder decoder = model.load()) {
            for (int rows : new int[] {1, 2, 20}) {
                for (boolean badTarget : new boolean[] {false, true}) {
                    try (KeyValueCache cache = cache(decoder, decoder.cells());
                            KeyValueCache twin = cache(decoder, decoder.cells());
                            KeyValueCache other = cache(decoder, decoder.cells())) {
                        decoder.run(List.of(chunk(cache, ids, at), chunk(twin, ids, at)));
                        int[] wrong = SHAPE.tokens(rows, 5);
                        int[] targets = wrong.clone();
                        (badTarget ? targets : wrong)[rows - 1] = SHAPE.vocab() + 1000;
                        List<Chunk> failing = List.of(new Chunk(cache, wrong, targets, true, 1), chunk(other, ids, 30));

                        assertThatThrownBy(() -> decoder.run(failing)).isInstanceOf(EngineException.class);

                        assertThat(cache.end()).isEqualTo(at);
                        assertThat(other.end()).isZero();
                        assertThat(nll(decoder, chunk(other, ids, 30))).containsExactly(wanted, within(SAME));
                        for (int count : new int[] {1, 1, 7, 1, 20}) {
                            double[] like = nll(decoder, chunk(twin, ids, count));
                            assertThat(nll(decoder, chunk(cache, ids, count)))
                                    .as("%d rows failed at %d, then %d", rows, at, count)
                                    .containsExactly(like, within(ROUNDING));
                        }
                    }
                }
            }
        }
    }

    /** With as many rows both are one slab, else chunks. */
    @ParameterizedTest
    @CsvSource({"20,20", "70,80", "90,20"})
    void aPassThatFailsWhileItWritesSpoilsItsCaches(int rows, int others) {
        int[] ids = SHAPE.tokens(120, 1);
        try (Decoder decoder = model.load();
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

    /** Who proposed them has heard what follows by then, and the first cache has them. */
    @ParameterizedTest
    @CsvSource({"20,20", "70,80", "90,20"})
    void aPassThatFailsWhileItWritesAcceptedTokensSpoilsItsCaches(int rows, int others) {
        int[] ids = SHAPE.tokens(120, 1);
        Guess first = new Guess(3, 2);
        Guess last = new Guess(3, 2);
        try (Decoder decoder = model.load();
                KeyValueCache cache = cache(decoder, decoder.cells());
                KeyValueCache unwritable = cache(decoder, unwritable(decoder))) {
            List<Chunk> failing = List.of(
                    Guess.chunk(cache, Arrays.copyOf(ids, rows), first),
                    Guess.chunk(unwritable, Arrays.copyOf(ids, others), last));
            cache.reserve(rows);
            float[] before = cache.tensors().get(0).toFloatArray();

            assertThatThrownBy(() -> decoder.run(failing))
                    .isInstanceOf(CachesSpoiledException.class)
                    .hasCauseInstanceOf(EngineException.class);

            assertThat(first.asked()).hasSize(1);
            assertThat(last.asked()).hasSize(1);
            assertThat(cache.tensors().get(0).toFloatArray()).isNotEqualTo(before);
            assertThat(cache.end()).isZero();
            assertThat(unwritable.end()).isZero();
        }
    }

    /** Of a single row's own writes nothing is seen until it has succeeded. */
    @Test
    void aPassThatFailsEarlierSpoilsNothing() {
        int[] ids = SHAPE.tokens(120, 1);
        int[] wrong = {SHAPE.vocab() + 1000, 3, 4};
        try (Decoder decoder = model.load();
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
