package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.CacheShape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.LayerGroup;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.cache.ZeroCells;
import io.sinkstream.decoder.CachesSpoiledException;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.settings.NumberType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The planner, step by step on the test's own thread. No model runs: a token's number is a formula of all tokens before it, so
 * one that was left out, run twice or run on another stream's cache shows.
 */
class PassPlannerTest {
    private static final SinkWindow RULE = new SinkWindow(4, 12);
    private static final CacheShape SHAPE =
            new CacheShape(RULE, List.of(new LayerGroup(RULE, 1)), 1, 2, 0, NumberType.FLOAT32);
    private static final long PLENTY = 1L << 30;

    /** Throws where a test wants no pass. */
    private static final PassRunner NONE = chunks -> {
        throw new AssertionError("a pass of " + chunks.size() + " chunks");
    };

    private NDManager manager;
    private CachePool<StreamName> pool;
    private PassPlanner planner;

    /** What the next passes throw, null for a good one. */
    private final Deque<Supplier<Throwable>> faults = new ArrayDeque<>();

    /** The tokens that each chunk of each pass had, failed ones too. */
    private final List<List<Integer>> passes = new ArrayList<>();

    @BeforeEach
    void open() {
        manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
    }

    @AfterEach
    void nothingIsHeld() {
        assertThat(pool.usage().held()).isZero();
        assertThat(pool.usage().heldBytes()).isZero();
        pool.close();
        assertThat(manager.getManagedArrays()).isEmpty();
        manager.close();
    }

    private void plan(int chunk, int passTokens) {
        plan(chunk, passTokens, PLENTY, new ZeroCells(SHAPE));
    }

    private void plan(int chunk, int passTokens, long cacheBytes, Cells cells) {
        pool = new CachePool<>(manager, SHAPE, cells, cacheBytes);
        planner = new PassPlanner(pool, chunk, passTokens);
    }

    /** So many tokens of that stream. */
    private static int[] ids(int stream, int count) {
        return new Random(stream).ints(count, 0, 100).toArray();
    }

    private StreamJob add(int... ids) {
        return add(new StreamJob(StreamUpdate.score(null, StreamState.empty(4, 24), ids), PlainTerms.NONE));
    }

    private StreamJob add(StreamJob job) {
        planner.add(job);
        return job;
    }

    private static double number(long hash, int token) {
        return Math.floorMod(hash ^ (31L * token), 1_000) / 1_000.0;
    }

    /** What a stream of these tokens has to give, from its second token on. */
    private static double[] wanted(int[] ids) {
        double[] nll = new double[ids.length - 1];
        long hash = 0;
        for (int t = 0; t < nll.length; t++) {
            hash = StreamState.mix(hash, ids[t]);
            nll[t] = number(hash, ids[t + 1]);
        }
        return nll;
    }

    private List<ChunkResult> run(List<Chunk> chunks) {
        passes.add(chunks.stream().map(chunk -> chunk.tokens().length).toList());
        assertThat(chunks.stream().map(Chunk::cache)).doesNotHaveDuplicates();
        Supplier<Throwable> fault = faults.poll();
        Throwable thrown = fault == null ? null : fault.get();
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown != null) {
            throw (RuntimeException) thrown;
        }
        return chunks.stream().map(PassPlannerTest::result).toList();
    }

    private static ChunkResult result(Chunk chunk) {
        int[] tokens = chunk.tokens();
        double[] nll = new double[tokens.length];
        Arrays.fill(nll, Double.NaN);
        chunk.cache().reserve(tokens.length);
        long hash = chunk.cache().hash();
        for (int i = 0; i < tokens.length; i++) {
            hash = StreamState.mix(hash, tokens[i]);
            if (chunk.targets()[i] >= 0) {
                nll[i] = number(hash, chunk.targets()[i]);
            }
        }
        chunk.cache().advance(tokens.length, chunk.hash());
        int next = Math.floorMod(hash, 100);
        return new ChunkResult(nll, chunk.next() ? next : -1, chunk.next() ? number(hash, next) : Double.NaN);
    }

    private void step() {
        planner.step(this::run);
    }

    /** Steps until nothing is left. */
    private void runAll() {
        for (int i = 0; !planner.isIdle(); i++) {
            assertThat(i).as("steps").isLessThan(10_000);
            step();
        }
    }

    private static StreamResult.Advanced advanced(StreamJob job) {
        assertThat(job.future()).isDone();
        return job.future().join().advanced();
    }

    private static void assertExact(StreamJob job) {
        assertNll(advanced(job).nll()).isThatOf(wanted(job.update().tokens()));
    }

    private static RuntimeException noMemory() {
        return new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
    }

    private static RuntimeException broken() {
        return new EngineException("index out of range");
    }

    @Test
    void withoutJobsThereIsNoPass() {
        plan(8, 16);
        planner.step(NONE);

        assertThat(planner.isIdle()).isTrue();
    }

    @Test
    void streamsThatAreThereTogetherShareAPass() {
        plan(64, 64);
        List<StreamJob> jobs = List.of(add(ids(1, 5)), add(ids(2, 9)), add(ids(3, 2)));
        step();

        assertThat(passes).containsExactly(List.of(4, 8, 1));
        assertThat(jobs).allSatisfy(PassPlannerTest::assertExact);
        assertThat(planner.isIdle()).isTrue();
        assertThat(planner.usage().passes()).isEqualTo(1);
        assertThat(planner.usage().tokens()).isEqualTo(13);
    }

    @Test
    void aLongStreamIsRunChunkByChunk() {
        plan(16, 64);
        StreamJob job = add(ids(1, 50));
        runAll();

        assertThat(passes).containsExactly(List.of(16), List.of(16), List.of(16), List.of(1));
        assertExact(job);
    }

    @Test
    void longStreamsTakeTurnsWhereAPassHasNoRoomForBoth() {
        plan(16, 16);
        StreamJob first = add(ids(1, 65));
        StreamJob second = add(ids(2, 65));
        runAll();

        assertThat(passes).startsWith(List.of(16), List.of(4, 12));
        assertThat(passes).endsWith(List.of(16), List.of(4, 12));
        assertExact(first);
        assertExact(second);
    }

    /** A chunk gathers its window once, which a few rows do not repay. */
    @Test
    void whatIsLeftOfAPassIsNotFilledWithALongStreamsFewRows() {
        plan(64, 100);
        add(ids(1, 129));
        add(ids(2, 129));
        step();

        // 36 tokens were left.
        assertThat(passes).containsExactly(List.of(64));
        runAll();
    }

    /** A long stream fills whole passes, and yet those that come later begin, and end, before it does. */
    @Test
    void streamsThatWaitGetAQuarterOfEachPass() {
        plan(64, 64);
        StreamJob endless = add(ids(1, 1_000));
        step();
        StreamJob other = add(ids(2, 40));
        step();
        step();
        step();

        assertThat(passes).startsWith(List.of(64), List.of(16, 48));
        assertExact(other);
        assertThat(endless.future()).isNotDone();
        runAll();
        assertExact(endless);
    }

    @Test
    void whatStreamsThatWaitLeaveOfTheirPartIsNotLost() {
        plan(64, 64);
        StreamJob endless = add(ids(1, 1_000));
        step();
        StreamJob other = add(ids(2, 7));
        step();

        assertThat(passes).containsExactly(List.of(64), List.of(6, 58));
        assertExact(other);
        runAll();
        assertExact(endless);
    }

    @Test
    void aStreamWaitsForACacheUntilAnotherIsDone() {
        plan(8, 64, SHAPE.bytesFor(20), new ZeroCells(SHAPE));
        StreamJob first = add(ids(1, 20));
        StreamJob second = add(ids(2, 20));
        runAll();

        assertThat(passes).allSatisfy(pass -> assertThat(pass).hasSize(1));
        assertExact(first);
        assertExact(second);
    }

    @Test
    void aStreamGoesOnWithItsCacheAndIsRebuiltWithoutIt() {
        plan(64, 64);
        int[] ids = ids(1, 60);
        StreamName name = new StreamName("test", "a");
        StreamState state = advanced(addNamed(name, StreamState.empty(4, 1_000), Arrays.copyOf(ids, 20)))
                .state();
        StreamResult.Advanced next = advanced(addNamed(name, state, Arrays.copyOfRange(ids, 20, 40)));
        assertNll(next.nll()).isThatOf(wanted(ids), 20, 20, 1e-12);
        assertThat(planner.usage().rebuiltTokens()).isZero();
        pool.forget(name);

        StreamResult.Advanced last = advanced(addNamed(name, next.state(), Arrays.copyOfRange(ids, 40, 60)));

        assertNll(last.nll()).isThatOf(wanted(ids), 40, 20, 1e-12);
        assertThat(planner.usage().rebuiltTokens()).isEqualTo(39);
        pool.forget(name);
    }

    /** The same, run to its end. */
    private StreamJob addNamed(StreamName name, StreamState state, int[] tokens) {
        StreamJob job = add(new StreamJob(StreamUpdate.score(name, state, tokens), PlainTerms.NONE));
        runAll();
        return job;
    }

    /** As many as a lost executor leaves to another one. */
    @Test
    void thousandsOfStreamsWithoutACacheAreAskedForTheirHistory() {
        plan(64, 64);
        StreamState partial = StreamState.stored(4, 24, new int[] {1, 2, 3, 4}, 100, 7, new int[] {5}, false);
        List<StreamJob> jobs = IntStream.range(0, 50_000)
                .mapToObj(i -> add(new StreamJob(
                        StreamUpdate.score(new StreamName("test", "" + i), partial, new int[] {6}), PlainTerms.NONE)))
                .toList();
        planner.step(NONE);

        assertThat(planner.isIdle()).isTrue();
        assertThat(jobs).allSatisfy(job -> assertThat(job.future().join()).isEqualTo(new StreamResult.HistoryNeeded()));
    }

    @Test
    void continuationsTakeATokenAPass() {
        plan(64, 64);
        int[] ids = ids(1, 10);
        StreamJob job = add(
                new StreamJob(StreamUpdate.generate(null, StreamState.empty(4, 24), ids, 3, true), PlainTerms.NONE));
        runAll();

        assertThat(passes).containsExactly(List.of(10), List.of(1), List.of(1));
        int[] more = advanced(job).continuation().tokens();
        int[] all = IntStream.concat(Arrays.stream(ids), Arrays.stream(more)).toArray();
        double[] wanted = wanted(all);
        assertThat(advanced(job).continuation().nll()).isEqualTo(wanted[9] + wanted[10] + wanted[11]);
        assertThat(advanced(job).state().position()).isEqualTo(13);
    }

    @Test
    void whoCancelsIsDroppedBeforeTheNextPass() {
        plan(8, 16);
        StreamJob running = add(ids(1, 100));
        StreamJob other = add(ids(2, 30));
        step();
        StreamJob waiting = add(ids(3, 30));
        running.future().cancel(false);
        waiting.future().cancel(false);
        passes.clear();
        runAll();

        assertThat(passes).allSatisfy(pass -> assertThat(pass).hasSize(1));
        assertExact(other);
        assertThatThrownBy(() -> waiting.future().join()).isInstanceOf(CancellationException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
                        + " allocate 1073741824 bytes. Error code 12 (Cannot allocate memory)",
                "CUDA out of memory. Tried to allocate 2.00 GiB",
                "not enough memory: you tried to allocate 2 bytes"
            })
    void aPassThatRunsOutOfMemoryIsHalved(String message) {
        plan(64, 64);
        faults.addAll(Collections.nCopies(3, () -> new EngineException(message)));
        StreamJob job = add(ids(1, 100));
        runAll();

        assertThat(passes).startsWith(List.of(64), List.of(32), List.of(16), List.of(8), List.of(8));
        assertExact(job);
        assertThat(planner.usage().tokens()).isEqualTo(99);
    }

    /** A spell without memory makes passes small, and not for good. */
    @Test
    void passesGrowAgainOnceThereIsMemory() {
        plan(64, 64);
        faults.addAll(Collections.nCopies(3, PassPlannerTest::noMemory));
        StreamJob job = add(ids(1, 4_000));
        runAll();

        assertThat(passes.subList(3, 3 + 32)).containsOnly(List.of(8));
        assertThat(passes.get(3 + 32)).containsExactly(16);
        assertThat(passes.get(passes.size() - 2)).containsExactly(64);
        assertExact(job);
    }

    @Test
    void aSingleTokenThatFindsNoMemoryIsAnError() {
        plan(64, 64);
        faults.addAll(Collections.nCopies(4, PassPlannerTest::noMemory));
        StreamJob job = add(ids(1, 9));
        runAll();

        assertThat(passes).containsExactly(List.of(8), List.of(4), List.of(2), List.of(1));
        assertThatThrownBy(() -> job.future().join()).hasCauseInstanceOf(EngineException.class);
    }

    @Test
    void aSharedPassThatFailsIsMadeAgainForEachStreamAlone() {
        plan(8, 64);
        // The shared one, and the second stream's own.
        faults.addAll(List.of(PassPlannerTest::broken, () -> null, PassPlannerTest::broken));
        StreamJob first = add(ids(1, 20));
        StreamJob failing = add(ids(2, 20));
        StreamJob last = add(ids(3, 20));
        step();
        step();
        step();
        step();

        assertThat(passes).containsExactly(List.of(8, 8, 8), List.of(8), List.of(8), List.of(8));
        assertThatThrownBy(() -> failing.future().join())
                .isInstanceOf(CompletionException.class)
                .hasRootCauseMessage("index out of range");
        step();
        assertThat(passes.get(4)).as("the others share passes again").containsExactly(8, 8);
        runAll();
        assertExact(first);
        assertExact(last);
    }

    @Test
    void streamsWhoseCachesWereSpoiledBeginAnewEachAlone() {
        plan(16, 64);
        faults.addAll(List.of(() -> null, () -> new CachesSpoiledException(broken())));
        StreamJob first = add(ids(1, 40));
        StreamJob second = add(ids(2, 40));
        runAll();

        assertThat(passes)
                .containsExactly(
                        List.of(16, 16), List.of(16, 16), List.of(16), List.of(16), List.of(16, 16), List.of(7, 7));
        assertExact(first);
        assertExact(second);
        // All that was run before is run again.
        assertThat(planner.usage().tokens()).isEqualTo(2 * (39 + 16));
    }

    /** Whatever spoils its caches every time would keep its caller waiting for ever. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void aStreamBeginsAnewThreeTimesAtMost(int times) {
        plan(64, 64);
        faults.addAll(Collections.nCopies(times, () -> new CachesSpoiledException(noMemory())));
        StreamJob job = add(ids(1, 100));
        runAll();

        if (times == 3) {
            assertExact(job);
        } else {
            assertThatThrownBy(() -> job.future().join())
                    .hasRootCauseMessage("CUDA out of memory. Tried to allocate 2.00 GiB");
        }
    }

    @Test
    void aStreamThatGetsNoCacheFailsAlone() {
        boolean[] isFull = {false};
        Cells zeros = new ZeroCells(SHAPE);
        plan(64, 64, PLENTY, new Cells() {
            @Override
            public NDArray empty(NDManager owner, int layers, int slots) {
                if (isFull[0]) {
                    isFull[0] = false;
                    throw new OutOfMemoryError("Java heap space");
                }
                return zeros.empty(owner, layers, slots);
            }

            @Override
            public NDArray grown(NDManager owner, NDArray cells, int slots) {
                return zeros.grown(owner, cells, slots);
            }
        });
        isFull[0] = true;
        StreamJob failing = add(ids(1, 9));
        StreamJob other = add(ids(2, 9));
        runAll();

        assertThatThrownBy(() -> failing.future().join()).hasCauseInstanceOf(OutOfMemoryError.class);
        assertExact(other);
    }

    @Test
    void aResultThatIsBrokenIsItsStreamsAlone() {
        plan(64, 64);
        StreamJob failing = add(ids(1, 9));
        StreamJob other = add(ids(2, 9));
        planner.step(chunks -> Arrays.asList(null, run(chunks).get(1)));

        assertThatThrownBy(() -> failing.future().join()).hasCauseInstanceOf(NullPointerException.class);
        assertExact(other);
    }

    @Test
    void allCanBeEnded() {
        plan(8, 8);
        List<StreamJob> jobs = List.of(add(ids(1, 40)), add(ids(2, 40)), add(ids(3, 40)));
        step();
        planner.failAll(new IllegalStateException("the model is closed"));

        assertThat(planner.isIdle()).isTrue();
        assertThat(jobs).allSatisfy(job -> assertThatThrownBy(() -> job.future().join())
                .hasRootCauseMessage("the model is closed"));
    }

    /** Any jobs, sizes and faults: no wrong number, no pass over its cap, no stream that is never heard of. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whateverHappensTheNumbersAreRight(long seed) {
        Random random = new Random(seed);
        int chunk = 1 + random.nextInt(40);
        int most = 16 + random.nextInt(100);
        plan(chunk, most, (1 + random.nextInt(5)) * SHAPE.bytesFor(200), new ZeroCells(SHAPE));
        List<StreamJob> jobs = new ArrayList<>();
        int failed = 0;
        for (int i = 0; i < 30 || !planner.isIdle(); i++) {
            if (i < 30) {
                jobs.add(add(ids(i, 2 + random.nextInt(190))));
            }
            if (random.nextInt(12) == 0) {
                Throwable fault = random.nextBoolean() ? noMemory() : broken();
                faults.add(() -> random.nextBoolean() ? fault : new CachesSpoiledException(fault));
            }
            step();
        }
        assertThat(passes)
                .allSatisfy(pass -> assertThat(pass).allMatch(rows -> rows <= chunk))
                .allSatisfy(pass ->
                        assertThat(pass.stream().mapToInt(rows -> rows).sum()).isBetween(1, most));
        for (StreamJob job : jobs) {
            assertThat(job.future()).as("seed %d", seed).isDone();
            if (job.future().isCompletedExceptionally()) {
                failed++;
            } else {
                assertExact(job);
            }
        }
        assertThat(failed).as("those that got numbers").isLessThan(jobs.size());
    }
}
