package io.sinkstream.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sinkstream.settings.NumberType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Caches as a pool hands them out; after every test no byte is unaccounted for and no native array is left. */
class CachePoolTest {
    private static final SinkWindow RULE = new SinkWindow(2, 200);
    private static final CacheShape SHAPE =
            new CacheShape(RULE, List.of(new LayerGroup(RULE, 1)), 1, 2, 0, NumberType.FLOAT32);

    private static final Cells CELLS = new ZeroCells(SHAPE);

    /** A stream of up to 66 tokens: its ring is one page. */
    private static final long SMALL = SHAPE.bytesFor(60);

    private NDManager manager;
    private final List<KeyValueCache> held = new ArrayList<>();
    private CachePool<String> pool;

    @BeforeEach
    void open() {
        manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
    }

    @AfterEach
    void nothingIsLeft() {
        if (pool != null) {
            balances();
            List.copyOf(held).forEach(this::give);
            assertThat(pool.usage().held()).isZero();
            assertThat(pool.usage().heldBytes()).isZero();
            pool.close();
            assertThat(pool.usage().idle()).isZero();
            assertThat(pool.usage().idleBytes()).isZero();
        }
        assertThat(manager.getManagedArrays()).isEmpty();
        manager.close();
    }

    private CachePool<String> pool(long budget) {
        pool = new CachePool<>(manager, SHAPE, CELLS, budget);
        return pool;
    }

    private KeyValueCache take(String key, long end, long hash, long tokens) {
        KeyValueCache cache = pool.take(key, end, hash, tokens);
        if (cache != null) {
            held.add(cache);
        }
        return cache;
    }

    private void give(KeyValueCache cache) {
        held.remove(cache);
        pool.give(cache);
    }

    /** Takes the stream's cache, runs it to {@code end} and gives it back. */
    private void keep(String key, int end, long hash) {
        KeyValueCache cache = take(key, 0, 0, end);
        cache.reserve(end);
        cache.advance(end, hash);
        give(cache);
    }

    /** The pool's own count is what the engine holds. */
    private void balances() {
        long bytes = manager.getManagedArrays().stream()
                .mapToLong(CachePoolTest::bytes)
                .sum();
        assertThat(bytes)
                .isEqualTo(pool.usage().idleBytes()
                        + held.stream().mapToLong(KeyValueCache::bytes).sum());
        assertThat(pool.usage().held()).isEqualTo(held.size());
    }

    private static long bytes(NDArray array) {
        return array.getShape().size() * array.getDataType().getNumOfBytes();
    }

    @Test
    void whatWasGivenBackIsHandedOutAgain() {
        pool(10 * SMALL);
        keep("a", 50, 7);

        KeyValueCache again = take("a", 50, 7, 60);

        assertThat(again.end()).isEqualTo(50);
        assertThat(again.hash()).isEqualTo(7);
        assertThat(pool.usage()).isEqualTo(new CachePool.Usage(1, 0, 0, SMALL, 0, 1, 0));
    }

    @Test
    void aCacheOfAnotherPositionIsNotUsed() {
        pool(10 * SMALL);
        keep("a", 50, 7);

        assertThat(take("a", 49, 7, 60).end()).isZero();
        assertThat(pool.usage().hits()).isZero();
        assertThat(pool.usage().misses()).isEqualTo(1);
    }

    @Test
    void aCacheWhosePositionFitsButWhoseTokensDifferIsNotUsed() {
        pool(10 * SMALL);
        keep("a", 50, 7);

        KeyValueCache empty = take("a", 50, 8, 60);

        assertThat(empty.end()).isZero();
        assertThat(empty.hash()).isZero();
        assertThat(pool.usage().misses()).isEqualTo(1);
    }

    @Test
    void aStreamThatBeginsMissesNothing() {
        pool(10 * SMALL);
        assertThat(take("a", 0, 0, 60).end()).isZero();
        assertThat(pool.usage().misses()).isZero();
    }

    @Test
    void theLeastRecentlyUsedGoesFirst() {
        pool(3 * SMALL);
        keep("a", 50, 1);
        keep("b", 50, 2);
        keep("c", 50, 3);
        give(take("a", 50, 1, 60));
        // Most recent last: b, c, a.
        keep("d", 50, 4);

        assertThat(pool.usage().evictions()).isEqualTo(1);
        assertThat(take("c", 50, 3, 60).end()).isEqualTo(50);
        assertThat(take("a", 50, 1, 60).end()).isEqualTo(50);
        assertThat(take("b", 50, 2, 60).end()).as("b was evicted").isZero();
    }

    @Test
    void oneHolderAtATime() {
        pool(10 * SMALL);
        keep("a", 50, 1);

        KeyValueCache mine = take("a", 50, 1, 60);
        KeyValueCache other = take("a", 50, 1, 60);

        assertThat(other).isNotSameAs(mine);
        assertThat(other.end()).isZero();
        other.advance(51, 2);
        give(other);
        give(mine);
        assertThat(pool.usage().idle()).as("the first that came back is kept").isEqualTo(1);
        assertThat(take("a", 51, 2, 60)).isSameAs(other);
    }

    @Test
    void waitsWhileTheHeldOnesFillTheBudget() {
        pool(2 * SMALL);
        KeyValueCache a = take("a", 0, 0, 60);
        take("b", 0, 0, 60);

        assertThat(take("c", 0, 0, 60)).isNull();
        give(a);
        assertThat(take("c", 0, 0, 60)).isNotNull();
        assertThat(pool.usage().evictions()).isEqualTo(1);
    }

    @Test
    void nothingIsEvictedForATakerThatMustWaitAllTheSame() {
        pool(3 * SMALL);
        keep("idle", 50, 9);
        take("a", 0, 0, 60);
        take("b", 0, 0, 60);

        assertThat(take("long", 0, 0, 200)).isNull();

        assertThat(pool.usage().evictions()).isZero();
        assertThat(take("idle", 50, 9, 60).end()).isEqualTo(50);
    }

    @Test
    void aTakerThatMustWaitFindsItsCacheLater() {
        pool(2 * SMALL);
        keep("a", 50, 1);
        KeyValueCache b = take("b", 0, 0, 60);

        assertThat(take("a", 50, 1, 200)).isNull();
        give(b);
        assertThat(take("a", 50, 1, 60).end()).isEqualTo(50);
    }

    @Test
    void aLoneTakerIsServedBeyondTheBudget() {
        pool(SMALL / 2);
        KeyValueCache alone = take("a", 0, 0, 60);

        assertThat(alone).isNotNull();
        assertThat(take("b", 0, 0, 60)).isNull();
        give(alone);
        assertThat(pool.usage().idle()).as("but it is not kept").isZero();
        balances();
    }

    @Test
    void aStreamWithoutANameLeavesNothing() {
        pool(10 * SMALL);
        KeyValueCache first = take(null, 0, 0, 60);
        KeyValueCache second = take(null, 0, 0, 60);
        assertThat(first).isNotSameAs(second);
        give(first);
        give(second);
        assertThat(pool.usage().idle()).isZero();
    }

    @Test
    void forgettingFreesAtOnceWhatIsIdle() {
        pool(10 * SMALL);
        keep("a", 50, 1);
        pool.forget("a");
        assertThat(pool.usage().idleBytes()).isZero();
        assertThat(manager.getManagedArrays()).isEmpty();
        pool.forget("never seen");
    }

    @Test
    void forgettingWhatIsHeldFreesItWhenItComesBack() {
        pool(10 * SMALL);
        KeyValueCache one = take("a", 0, 0, 60);
        KeyValueCache two = take("a", 0, 0, 60);
        pool.forget("a");
        give(one);
        give(two);
        assertThat(pool.usage().idle()).isZero();
        // The name is free for the next stream.
        keep("a", 50, 2);
        assertThat(take("a", 50, 2, 60).end()).isEqualTo(50);
    }

    @Test
    void whatIsDiscardedIsGone() {
        pool(10 * SMALL);
        keep("a", 50, 1);
        KeyValueCache bad = take("a", 50, 1, 60);
        held.remove(bad);
        pool.discard(bad);
        assertThat(manager.getManagedArrays()).isEmpty();
        assertThat(take("a", 50, 1, 60).end()).isZero();
    }

    @Test
    void whatIsNotHeldCannotBeGivenBack() {
        pool(10 * SMALL);
        KeyValueCache cache = take("a", 0, 0, 60);
        give(cache);
        assertThatThrownBy(() -> pool.give(cache))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the cache is not held");
        assertThatThrownBy(() -> pool.discard(cache)).hasMessage("the cache is not held");
    }

    @Test
    void aClosedPoolTakesBackAndHandsOutNothing() {
        pool(10 * SMALL);
        keep("idle", 50, 1);
        KeyValueCache held = take("a", 0, 0, 60);
        pool.close();
        assertThatThrownBy(() -> pool.take("b", 0, 0, 60))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the cache pool is closed");
        balances();
        give(held);
        assertThat(manager.getManagedArrays()).isEmpty();
    }

    @Test
    void aCacheGrowsByPagesAndKeepsWhatItHeld() {
        try (KeyValueCache cache = new KeyValueCache(manager, SHAPE, CELLS)) {
            cache.reserve(60);
            cache.tensors().get(0).addi(3);
            cache.advance(60, 5);
            assertThat(cache.bytes()).isEqualTo(SMALL);

            cache.reserve(10);

            assertThat(cache.tensors().get(0).getShape().get(3)).isEqualTo(2 * RULE.sinks() + 2 * CacheShape.PAGE);
            assertThat(cache.bytes()).isEqualTo(bytes(cache.tensors().get(0)));
            assertThat(cache.end()).isEqualTo(60);
            float[] numbers = cache.tensors().get(0).toFloatArray();
            int old = (2 * RULE.sinks() + CacheShape.PAGE) * SHAPE.headSize();
            int now = (2 * RULE.sinks() + 2 * CacheShape.PAGE) * SHAPE.headSize();
            for (int i = 0; i < numbers.length; i++) {
                assertThat(numbers[i]).isEqualTo(i % now < old ? 3f : 0f);
            }

            cache.reserve(5000);
            assertThat(cache.bytes()).as("never more than R + 1").isEqualTo(SHAPE.bytesFor(Long.MAX_VALUE / 2));
        }
        assertThat(manager.getManagedArrays()).isEmpty();
    }

    @Test
    void aHeldCacheDoesNotGrowBeyondWhatItCountsWith() {
        pool(1 << 20);
        KeyValueCache cache = take("a", 0, 0, 140);
        long counted = pool.usage().heldBytes();
        assertThat(counted).isEqualTo(SHAPE.bytesFor(140));
        // Two pages, which doubling would make all R + 1 slots; the stream needs three.
        for (int rows : List.of(100, 40)) {
            cache.reserve(rows);
            cache.advance(rows, rows);
        }
        assertThat(cache.bytes()).isEqualTo(counted);
    }

    @Test
    void onlyACacheOfJustTheSinksCanSkip() {
        try (KeyValueCache cache = new KeyValueCache(manager, SHAPE, CELLS)) {
            assertThatThrownBy(() -> cache.skipTo(9)).hasMessage("a cache of 0 tokens cannot skip to 9");
            cache.advance(2, 1);
            cache.skipTo(9);
            assertThat(cache.end()).isEqualTo(9);
            assertThatThrownBy(() -> cache.skipTo(20)).hasMessage("a cache of 9 tokens cannot skip to 20");
            cache.clear();
            assertThat(cache.end()).isZero();
            assertThat(cache.reserve(70).get(0).writeSlot())
                    .as("the ring starts at the first token again")
                    .isZero();
        }
    }

    /** Any order of calls: the books balance after each, and the budget holds unless one holder is alone. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyOrderOfCallsBalances(long seed) {
        Random random = new Random(seed);
        long budget = (1 + random.nextInt(6)) * SMALL;
        pool(budget);
        Map<String, Long> ends = new HashMap<>();
        for (int step = 0; step < 600; step++) {
            String key = "k" + random.nextInt(6);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    long end = ends.getOrDefault(key, 0L);
                    KeyValueCache cache = take(random.nextInt(8) == 0 ? null : key, end, end, end + 40);
                    if (cache == null) {
                        assertThat(held).as("only who is not alone waits").isNotEmpty();
                    } else {
                        assertThat(cache.end()).isIn(0L, end);
                        int rows = (int) (end + 1 + random.nextInt(39) - cache.end());
                        cache.reserve(rows);
                        cache.advance(rows, cache.end() + rows);
                        ends.put(key, cache.end());
                    }
                }
                case 3, 4, 5 -> {
                    if (!held.isEmpty()) {
                        give(held.get(random.nextInt(held.size())));
                    }
                }
                case 6 -> {
                    if (!held.isEmpty()) {
                        pool.discard(held.remove(random.nextInt(held.size())));
                    }
                }
                default -> {
                    pool.forget(key);
                    ends.remove(key);
                }
            }
            balances();
            CachePool.Usage usage = pool.usage();
            if (usage.held() == 0 || usage.held() > 1) {
                assertThat(usage.heldBytes() + usage.idleBytes()).isLessThanOrEqualTo(budget);
            }
        }
        assertThat(pool.usage().hits()).isPositive();
        assertThat(pool.usage().evictions()).isPositive();
    }
}
