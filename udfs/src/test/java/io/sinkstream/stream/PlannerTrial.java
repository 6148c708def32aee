package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.CacheShape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.LayerGroup;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.cache.ZeroCells;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.settings.NumberType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The planner, step by step on the test's own thread. No model runs: a token's number is a formula of all tokens before it, so
 * one that was left out, run twice or run on another stream's cache shows.
 */
abstract class PlannerTrial {
    static final SinkWindow RULE = new SinkWindow(4, 12);
    static final CacheShape SHAPE = new CacheShape(RULE, List.of(new LayerGroup(RULE, 1)), 1, 2, 0, NumberType.FLOAT32);
    static final long PLENTY = 1L << 30;

    NDManager manager;
    CachePool<StreamName> pool;
    PassPlanner planner;

    /** What the next passes throw, null for a good one. */
    final Deque<Supplier<Throwable>> faults = new ArrayDeque<>();

    /** The tokens that each chunk of each pass had, failed ones too. */
    final List<List<Integer>> passes = new ArrayList<>();

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

    void plan(int chunk, int passTokens) {
        plan(chunk, passTokens, PLENTY, new ZeroCells(SHAPE));
    }

    void plan(int chunk, int passTokens, long cacheBytes, Cells cells) {
        pool = new CachePool<>(manager, SHAPE, cells, cacheBytes);
        planner = new PassPlanner(pool, chunk, passTokens);
    }

    /** So many tokens of that stream. */
    static int[] ids(int stream, int count) {
        return new Random(stream).ints(count, 0, 100).toArray();
    }

    StreamJob add(int... ids) {
        return add(new StreamJob(StreamUpdate.score(null, StreamState.empty(4, 24), ids), PlainTerms.NONE));
    }

    StreamJob add(StreamJob job) {
        planner.add(job);
        return job;
    }

    static double number(long hash, int token) {
        return Math.floorMod(hash ^ (31L * token), 1_000) / 1_000.0;
    }

    /** What a stream of these tokens has to give, from its second token on. */
    static double[] wanted(int[] ids) {
        double[] nll = new double[ids.length - 1];
        long hash = 0;
        for (int t = 0; t < nll.length; t++) {
            hash = StreamState.mix(hash, ids[t]);
            nll[t] = number(hash, ids[t + 1]);
        }
        return nll;
    }

    List<ChunkResult> run(List<Chunk> chunks) {
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
        return chunks.stream().map(PlannerTrial::result).toList();
    }

    static ChunkResult result(Chunk chunk) {
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

    void step() {
        planner.step(this::run);
    }

    /** Steps until nothing is left. */
    void runAll() {
        for (int i = 0; !planner.isIdle(); i++) {
            assertThat(i).as("steps").isLessThan(10_000);
            step();
        }
    }

    static StreamResult.Advanced advanced(StreamJob job) {
        assertThat(job.future()).isDone();
        return job.future().join().advanced();
    }

    static void assertExact(StreamJob job) {
        assertNll(advanced(job).nll()).isThatOf(wanted(job.update().tokens()));
    }

    static RuntimeException noMemory() {
        return new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
    }

    static RuntimeException broken() {
        return new EngineException("index out of range");
    }
}
