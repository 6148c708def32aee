package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.decoder.CachesSpoiledException;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.decoder.Numbers;
import io.sinkstream.family.Families;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pass that throws leaves behind. */
class FailedPassTest {
    /** The same products, but kernels begin at another lane where memory is aligned differently. */
    private static final double ROUNDING = 1e-5;

    private static final int WINDOW = 12;
    private static final SinkWindow RULE = new SinkWindow(4, WINDOW);
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

    /** The tokens of {@code ids} from the cache's end on, each but the last scored with its successor. */
    private static Chunk chunk(KeyValueCache cache, int[] ids, int count) {
        int from = (int) cache.end();
        return new Chunk(
                cache,
                Arrays.copyOfRange(ids, from, from + count),
                Arrays.copyOfRange(ids, from + 1, from + count + 1),
                false,
                0);
    }

    /**
     * An embedding index out of range throws before anything is written, a target out of range after all layers have
     * run: single rows have then written their slots already.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 40, 70})
    void everyCacheOfAFailedPassHoldsWhatItHeld(int at) {
        int[] ids = SHAPE.tokens(120, 1);
        try (Decoder decoder = load()) {
            for (int rows : new int[] {1, 2, 20}) {
                for (boolean badTarget : new boolean[] {false, true}) {
                    try (KeyValueCache cache =
                                    new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells());
                            KeyValueCache twin =
                                    new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells());
                            KeyValueCache other =
                                    new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells())) {
                        decoder.run(List.of(chunk(cache, ids, at), chunk(twin, ids, at)));
                        int[] wrong = SHAPE.tokens(rows, 5);
                        int[] targets = wrong.clone();
                        (badTarget ? targets : wrong)[rows - 1] = SHAPE.vocab() + 1000;
                        List<Chunk> failing = List.of(new Chunk(cache, wrong, targets, true, 1), chunk(other, ids, 30));

                        assertThatThrownBy(() -> decoder.run(failing)).isInstanceOf(EngineException.class);

                        assertThat(cache.end()).isEqualTo(at);
                        assertThat(other.end()).isZero();
                        assertThat(decoder.run(List.of(chunk(other, ids, 30)))
                                        .get(0)
                                        .nll())
                                .containsExactly(
                                        Arrays.copyOf(PlainDecoder.load(folder).nll(ids, 4, WINDOW), 30),
                                        within(NllAssert.SAME));
                        for (int count : new int[] {1, 1, 7, 1, 20}) {
                            double[] wanted = decoder.run(List.of(chunk(twin, ids, count)))
                                    .get(0)
                                    .nll();
                            assertThat(decoder.run(List.of(chunk(cache, ids, count)))
                                            .get(0)
                                            .nll())
                                    .as("%d rows failed at %d, then %d", rows, at, count)
                                    .containsExactly(wanted, within(ROUNDING));
                        }
                    }
                }
            }
            assertThat(decoder.spec().sizes().layers()).isEqualTo(2);
        }
    }

    private ModelThread thread(BiFunction<Decoder, List<Chunk>, List<ChunkResult>> runner) {
        return new ModelThread(new ModelThread.Parts(
                this::load,
                decoder -> new CachePool<>(decoder.manager(), decoder.cacheShape(), decoder.cells(), 1L << 30),
                pool -> new PassPlanner(pool, 64, 64),
                decoder -> chunks -> runner.apply(decoder, chunks),
                () -> {}));
    }

    private static StreamJob job(int[] ids) {
        StreamState start = StreamState.empty(4, 2L * RULE.window());
        return new StreamJob(StreamUpdate.score(null, start, ids), Set.of());
    }

    private static List<double[]> run(ModelThread thread, StreamJob... jobs) {
        thread.submit(List.of(jobs));
        return Arrays.stream(jobs)
                .map(job -> Outcomes.await(job.future()).advanced().nll())
                .toList();
    }

    private static int rows(List<Chunk> chunks) {
        return chunks.stream().mapToInt(chunk -> chunk.tokens().length).sum();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
                        + " allocate 1073741824 bytes. Error code 12 (Cannot allocate memory)",
                "CUDA out of memory. Tried to allocate 2.00 GiB"
            })
    void aPassThatRunsOutOfMemoryIsSplitAndTriedAgain(String message) {
        int[] ids = SHAPE.tokens(100, 1);
        int[] other = SHAPE.tokens(90, 2);
        List<Integer> sizes = new ArrayList<>();
        try (ModelThread thread = thread((decoder, chunks) -> {
            sizes.add(rows(chunks));
            if (rows(chunks) > 10) {
                throw new EngineException(message);
            }
            return decoder.run(chunks);
        })) {
            List<double[]> nll = run(thread, job(ids), job(other));

            PlainDecoder reference = PlainDecoder.load(folder);
            assertNll(nll.get(0)).isThatOf(reference.nll(ids, 4, WINDOW));
            assertNll(nll.get(1)).isThatOf(reference.nll(other, 4, WINDOW));
            assertThat(sizes).startsWith(64, 32, 16, 8);
            assertThat(thread.usage().tokens()).isEqualTo(99 + 89);
            assertThat(thread.usage().caches().held()).isZero();
        }
    }

    /** A spell without memory makes passes small, and not for good. */
    @Test
    void passesGrowAgainOnceThereIsMemory() {
        int[] ids = SHAPE.tokens(4_000, 1);
        List<Integer> sizes = new ArrayList<>();
        try (ModelThread thread = thread((decoder, chunks) -> {
            sizes.add(rows(chunks));
            if (sizes.size() <= 3) {
                throw new EngineException("not enough memory");
            }
            return decoder.run(chunks);
        })) {
            assertNll(run(thread, job(ids)).get(0))
                    .isThatOf(PlainDecoder.load(folder).nll(ids, 4, WINDOW));

            assertThat(sizes).startsWith(64, 32, 16, 8, 8);
            assertThat(sizes.get(sizes.size() - 2)).isEqualTo(64);
        }
    }

    @Test
    void aSingleRowThatFindsNoMemoryIsAnError() {
        try (ModelThread thread = thread((decoder, chunks) -> {
            throw new EngineException("not enough memory");
        })) {
            assertThatThrownBy(() -> run(thread, job(SHAPE.tokens(9, 1))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the model failed: not enough memory");
            assertThat(thread.usage().caches().held()).isZero();
        }
    }

    /** Caches that a failed pass has begun to write are of no use: their streams begin anew, and get the same numbers. */
    @Test
    void aPassThatFailsWhileItWritesCachesIsNotRetriedOnThem() {
        int[] ids = SHAPE.tokens(300, 1);
        int[] other = SHAPE.tokens(200, 2);
        List<Integer> sizes = new ArrayList<>();
        try (ModelThread thread = thread((decoder, chunks) -> {
            List<ChunkResult> results = decoder.run(chunks);
            sizes.add(rows(chunks));
            if (sizes.size() == 3) {
                throw new CachesSpoiledException(new EngineException("not enough memory"));
            }
            return results;
        })) {
            List<double[]> nll = run(thread, job(ids), job(other));

            PlainDecoder reference = PlainDecoder.load(folder);
            assertNll(nll.get(0)).isThatOf(reference.nll(ids, 4, WINDOW));
            assertNll(nll.get(1)).isThatOf(reference.nll(other, 4, WINDOW));
            assertThat(sizes).hasSizeGreaterThan(8);
            assertThat(thread.usage().caches().held()).isZero();
        }
    }

    /** A pass that fails for one of its streams fails that stream's caller; the others get their numbers. */
    @Test
    void onlyTheStreamThatFailsAPassHearsOfIt() {
        int[] ids = SHAPE.tokens(50, 1);
        int[] bad = SHAPE.tokens(50, 1);
        bad[20] = SHAPE.vocab();
        int[] other = SHAPE.tokens(60, 3);
        try (ModelThread thread = thread(Decoder::run)) {
            StreamJob failing = job(bad);
            StreamJob first = job(ids);
            StreamJob last = job(other);
            thread.submit(List.of(first, failing, last));
            assertThatThrownBy(() -> Outcomes.await(failing.future()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("the model failed: ")
                    .hasCauseInstanceOf(EngineException.class);
            assertThatThrownBy(() -> thread.call(decoder -> {
                        throw new EngineException("a task of its own");
                    }))
                    .hasMessage("the model failed: a task of its own");

            PlainDecoder reference = PlainDecoder.load(folder);
            assertNll(Outcomes.await(first.future()).advanced().nll()).isThatOf(reference.nll(ids, 4, WINDOW));
            assertNll(Outcomes.await(last.future()).advanced().nll()).isThatOf(reference.nll(other, 4, WINDOW));
            assertThat(thread.usage().caches().held()).isZero();
        }
    }

    /** Even an error of the JVM's is its caller's alone. */
    @Test
    void nothingThatAPassThrowsEndsTheThread() {
        AtomicBoolean isGone = new AtomicBoolean(true);
        int[] ids = SHAPE.tokens(9, 1);
        try (ModelThread thread = thread((decoder, chunks) -> {
            if (isGone.getAndSet(false)) {
                throw new NoClassDefFoundError("a library that is gone");
            }
            return decoder.run(chunks);
        })) {
            assertThatThrownBy(() -> run(thread, job(ids))).hasMessage("the model failed: a library that is gone");
            assertNll(run(thread, job(ids)).get(0))
                    .isThatOf(PlainDecoder.load(folder).nll(ids, 4, WINDOW));
        }
    }

    /** A long stream fills whole passes, and yet those that come later begin, and end, before it does. */
    @Test
    void aLongStreamDoesNotKeepOthersWaiting() {
        int[] ids = SHAPE.tokens(4_000, 1);
        CountDownLatch isRunning = new CountDownLatch(1);
        CountDownLatch othersAreThere = new CountDownLatch(1);
        try (ModelThread thread = thread((decoder, chunks) -> {
            isRunning.countDown();
            awaitQuietly(othersAreThere);
            return decoder.run(chunks);
        })) {
            StreamJob endless = job(ids);
            thread.submit(List.of(endless));
            awaitQuietly(isRunning);
            List<StreamJob> others = IntStream.range(0, 30)
                    .mapToObj(i -> job(SHAPE.tokens(9, i)))
                    .toList();
            thread.submit(others);
            List<StreamJob> ended = new ArrayList<>();
            CompletableFuture<Void> all = CompletableFuture.allOf(
                            others.stream().map(StreamJob::future).toArray(CompletableFuture[]::new))
                    .thenRun(() -> ended.addAll(endless.future().isDone() ? List.of() : others));
            othersAreThere.countDown();
            all.join();

            assertThat(ended).hasSize(30);
            assertNll(Outcomes.await(endless.future()).advanced().nll())
                    .isThatOf(PlainDecoder.load(folder).nll(ids, 4, WINDOW));
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As many as a lost executor leaves to another one. */
    @Test
    void thousandsOfStreamsWithoutACacheAreAskedForTheirHistory() {
        StreamState partial = StreamState.stored(4, 24, new int[] {1, 2, 3, 4}, 100, 7, new int[] {5}, false);
        try (ModelThread thread = thread(Decoder::run)) {
            List<StreamJob> jobs = IntStream.range(0, 50_000)
                    .mapToObj(i -> new StreamJob(
                            StreamUpdate.score(new StreamName("test", "" + i), partial, new int[] {6}), Set.of()))
                    .toList();
            thread.submit(jobs);
            assertThat(jobs).allSatisfy(job -> assertThat(Outcomes.await(job.future()))
                    .isEqualTo(new StreamResult.HistoryNeeded()));
        }
    }

    @Test
    void aModelThatCannotBeLoadedSaysWhy() {
        assertThatThrownBy(() -> new ModelThread(new ModelThread.Parts(
                        () -> {
                            throw new EngineException("no engine");
                        },
                        decoder -> null,
                        pool -> null,
                        decoder -> decoder::run,
                        () -> {})))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the model failed: no engine");
    }
}
