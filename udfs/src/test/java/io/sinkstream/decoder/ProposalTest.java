package io.sinkstream.decoder;

import static io.sinkstream.decoder.TinyDecoder.RULE;
import static io.sinkstream.decoder.TinyDecoder.SHAPE;
import static io.sinkstream.decoder.TinyDecoder.cache;
import static io.sinkstream.decoder.TinyDecoder.chunk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.sinkstream.cache.KeyValueCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Proposed tokens: whatever is proposed and however much of it is true, of the rest nothing is left. */
class ProposalTest {
    /** Single rows and chunks take other kernels. */
    private static final double SAME = 1e-4;

    private static Path folder;
    private static Decoder decoder;

    @BeforeContainer
    static void load() throws IOException {
        folder = Files.createTempDirectory("proposals");
        decoder = TinyDecoder.write(folder).load();
    }

    @AfterContainer
    static void close() throws IOException {
        decoder.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Numbers of a slot: they are keys and values, layer by layer and head by head. */
    private static float[] slot(float[] cells, int slot, int slots) {
        int size = decoder.spec().sizes().headSize();
        float[] mine = new float[cells.length / slots];
        for (int i = 0; i < mine.length / size; i++) {
            System.arraycopy(cells, (i * slots + slot) * size, mine, i * size, size);
        }
        return mine;
    }

    /** Where tokens from there on are: a sink's key in one slot, its value in another. */
    private static Set<Integer> slotsOf(int from, int count) {
        int sinks = RULE.sinks();
        return IntStream.range(from, from + count)
                .flatMap(t -> t < sinks
                        ? IntStream.of(t, sinks + t)
                        : IntStream.of(2 * sinks + (t - sinks) % RULE.ringSlots()))
                .boxed()
                .collect(Collectors.toSet());
    }

    private static float[] cells(KeyValueCache cache) {
        try (NDArray copy = cache.tensors().get(0).duplicate()) {
            return copy.toFloatArray();
        }
    }

    private static double[] nll(Chunk chunk) {
        return decoder.run(List.of(chunk)).get(0).nll();
    }

    /** Streams of a slab, as two are, or a chunk of its own. */
    @Property(tries = 60)
    void ofTokensThatAreNotTrueNothingIsLeft(
            @ForAll @IntRange(min = 1, max = 60) int held,
            @ForAll @IntRange(min = 1, max = 12) int count,
            @ForAll @IntRange(max = 12) int most,
            @ForAll @IntRange(max = 2) int others,
            @ForAll @IntRange(max = 1000) int seed) {
        int right = Math.min(count, most);
        int[] ids = SHAPE.tokens(held + right + 20, seed);
        int[] tokens = SHAPE.tokens(1 + count, seed + 1);
        System.arraycopy(ids, held, tokens, 0, 1 + right);
        try (KeyValueCache cache = cache(decoder, decoder.cells());
                KeyValueCache twin = cache(decoder, decoder.cells());
                KeyValueCache other = cache(decoder, decoder.cells())) {
            decoder.run(List.of(chunk(cache, ids, held), chunk(twin, ids, held)));
            cache.reserve(1 + count);
            float[] before = cells(cache);
            Guess guess = new Guess(count, right);
            List<Chunk> pass = new ArrayList<>(List.of(Guess.chunk(cache, tokens, guess)));
            if (others > 0) {
                pass.add(chunk(other, ids, others == 1 ? 1 : 1 + count));
            }

            ChunkResult result = decoder.run(pass).get(0);

            assertThat(result.accepted()).isEqualTo(right);
            assertThat(guess.asked()).hasSize(1);
            assertThat(guess.asked().get(0)).hasSize(1 + count);
            assertThat(result.next()).isEqualTo(guess.asked().get(0)[right]);
            assertThat(cache.end()).isEqualTo(held + 1L + right);
            assertThat(cache.hash()).isEqualTo(Guess.HASH + right);
            float[] after = cells(cache);
            int slots = cache.slots().get(0);
            Set<Integer> written = slotsOf(held, 1 + right);
            for (int slot = 0; slot < slots; slot++) {
                if (!written.contains(slot)) {
                    assertThat(slot(after, slot, slots)).as("slot %d", slot).isEqualTo(slot(before, slot, slots));
                }
            }
            for (int i = 0; i <= right; i++) {
                nll(chunk(twin, ids, 1));
            }
            for (int rows : new int[] {1, 4, 1}) {
                assertThat(nll(chunk(cache, ids, rows))).containsExactly(nll(chunk(twin, ids, rows)), within(SAME));
            }
        }
    }

    @Example
    void whatFollowsEachProposedTokenIsWhatFollowsItAlone() {
        int[] ids = SHAPE.tokens(40, 3);
        try (KeyValueCache cache = cache(decoder, decoder.cells());
                KeyValueCache twin = cache(decoder, decoder.cells())) {
            decoder.run(List.of(chunk(cache, ids, 20), chunk(twin, ids, 20)));
            Guess guess = new Guess(9, 4);
            decoder.run(List.of(Guess.chunk(cache, Arrays.copyOfRange(ids, 20, 30), guess)));

            int[] alone = new int[10];
            for (int i = 0; i < 10; i++) {
                int[] none = {-1};
                alone[i] = decoder.run(List.of(new Chunk(twin, new int[] {ids[20 + i]}, none, true, 0)))
                        .get(0)
                        .next();
            }
            assertThat(guess.asked().get(0)).isEqualTo(alone);
        }
    }

    @Example
    void whoFailsToJudgeSpoilsTheCaches() {
        int[] ids = SHAPE.tokens(40, 3);
        try (KeyValueCache cache = cache(decoder, decoder.cells())) {
            decoder.run(List.of(chunk(cache, ids, 20)));
            Guess failing = new Guess(3, 0) {
                @Override
                public int accepted(int[] next, double[] nll) {
                    throw new IllegalStateException("not today");
                }
            };
            assertThatThrownBy(() -> decoder.run(List.of(Guess.chunk(cache, Arrays.copyOfRange(ids, 20, 24), failing))))
                    .isInstanceOf(CachesSpoiledException.class)
                    .hasRootCauseMessage("not today");
        }
    }
}
