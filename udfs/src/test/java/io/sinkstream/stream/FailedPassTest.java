package io.sinkstream.stream;

import static io.sinkstream.decoder.TinyDecoder.RULE;
import static io.sinkstream.decoder.TinyDecoder.SHAPE;
import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import io.sinkstream.cache.CachePool;
import io.sinkstream.decoder.CachesSpoiledException;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.decoder.TinyDecoder;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Draw;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pass that throws leaves behind, on the model's own thread and with its numbers. */
class FailedPassTest {
    @TempDir
    private Path folder;

    private TinyDecoder model;

    @BeforeEach
    void write() {
        model = TinyDecoder.write(folder);
    }

    private ModelThread thread(BiFunction<Decoder, List<Chunk>, List<ChunkResult>> runner) {
        return new ModelThread(new ModelThread.Parts(
                model::load,
                decoder -> new CachePool<>(decoder.manager(), decoder.cacheShape(), decoder.cells(), 1L << 30),
                pool -> new PassPlanner(pool, 64, 64),
                decoder -> chunks -> runner.apply(decoder, chunks),
                () -> {}));
    }

    private static StreamJob job(int[] ids) {
        StreamState start = StreamState.empty(RULE.sinks(), TinyDecoder.HISTORY);
        return new StreamJob(StreamUpdate.score(null, start, ids), PlainTerms.NONE);
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

    @Test
    void aPassThatRunsOutOfMemoryIsSplitAndTriedAgain() {
        int[] ids = SHAPE.tokens(100, 1);
        int[] other = SHAPE.tokens(90, 2);
        List<Integer> sizes = new ArrayList<>();
        try (ModelThread thread = thread((decoder, chunks) -> {
            sizes.add(rows(chunks));
            if (rows(chunks) > 10) {
                throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
            }
            return decoder.run(chunks);
        })) {
            List<double[]> nll = run(thread, job(ids), job(other));

            assertNll(nll.get(0)).isThatOf(model.nll(ids));
            assertNll(nll.get(1)).isThatOf(model.nll(other));
            assertThat(sizes).startsWith(64, 32, 16, 8);
            assertThat(thread.usage().tokens()).isEqualTo(99 + 89);
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

            assertNll(nll.get(0)).isThatOf(model.nll(ids));
            assertNll(nll.get(1)).isThatOf(model.nll(other));
            assertThat(sizes).hasSizeGreaterThan(8);
            assertThat(thread.usage().caches().held()).isZero();
        }
    }

    /** A continuation that begins anew is the same, by chance too, and who listens hears of each token once. */
    @Test
    void aContinuationThatBeginsAnewIsTheSame() {
        Sampling sampling =
                new Sampling(new Penalties(Map.of(), 1.2, 0, 0), Bans.NONE, new Draw(1.1, 0, 0.9, 0, 1, 5), Stops.NONE);
        List<List<Integer>> continuations = new ArrayList<>();
        for (int spoiledPass : new int[] {-1, 6}) {
            AtomicInteger passes = new AtomicInteger();
            try (ModelThread thread = thread((decoder, chunks) -> {
                List<ChunkResult> results = decoder.run(chunks);
                if (passes.getAndIncrement() == spoiledPass) {
                    throw new CachesSpoiledException(new EngineException("not enough memory"));
                }
                return results;
            })) {
                List<StreamJob> jobs = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    List<Integer> heard = new ArrayList<>();
                    continuations.add(heard);
                    jobs.add(continuing(SHAPE.tokens(20, i), sampling, heard));
                }
                thread.submit(jobs);
                jobs.forEach(job -> assertThat(Outcomes.await(job.future())
                                .advanced()
                                .continuation()
                                .tokens())
                        .hasSize(12));
            }
        }
        assertThat(continuations.get(0)).hasSize(12).isNotEqualTo(continuations.get(1));
        assertThat(continuations.subList(2, 4)).isEqualTo(continuations.subList(0, 2));
    }

    /** A cache that has accepted tokens already is of no use to a stream that was not told of them. */
    @Test
    void aContinuationWhoseAcceptedTokensSpoiledItsCacheBeginsAnew() {
        Sampling letters = new Sampling(Penalties.NONE, fewTokens(), new Draw(1, 0, 1, 0, 1, 17), Stops.NONE);
        List<List<Integer>> heard = new ArrayList<>();
        List<int[]> continuations = new ArrayList<>();
        AtomicInteger spoiled = new AtomicInteger();
        for (int most : new int[] {0, 8}) {
            AtomicInteger lookups = new AtomicInteger();
            try (ModelThread thread = thread((decoder, chunks) -> {
                List<ChunkResult> results = decoder.run(chunks);
                boolean isAccepted = results.stream().anyMatch(result -> result.accepted() > 0);
                if (isAccepted && lookups.getAndIncrement() % 4 == 0 && spoiled.getAndIncrement() < 3) {
                    throw new CachesSpoiledException(new EngineException("not enough memory"));
                }
                return results;
            })) {
                heard.add(new ArrayList<>());
                StreamJob job = continuing(SHAPE.tokens(20, 1), letters, heard.get(heard.size() - 1), 60, most);
                thread.submit(List.of(job));
                continuations.add(
                        Outcomes.await(job.future()).advanced().continuation().tokens());
                assertThat(thread.usage().caches().held()).isZero();
            }
        }
        assertThat(spoiled.get()).isGreaterThanOrEqualTo(2);
        assertThat(continuations.get(1)).hasSize(60).isEqualTo(continuations.get(0));
        assertThat(heard.get(1))
                .containsExactly(Arrays.stream(continuations.get(1)).boxed().toArray(Integer[]::new));
    }

    /** So that every pair of tokens has come before. */
    private static Bans fewTokens() {
        return new Bans(
                0, List.of(), 0, IntStream.range(3, SHAPE.vocab()).boxed().collect(Collectors.toSet()));
    }

    private static StreamJob continuing(int[] ids, Sampling sampling, List<Integer> heard) {
        return continuing(ids, sampling, heard, 12, 0);
    }

    private static StreamJob continuing(
            int[] ids, Sampling sampling, List<Integer> heard, int newTokens, int lookupTokens) {
        TokenListener listener = new TokenListener() {
            @Override
            public void drawn(int token, double nll, String text) {
                heard.add(token);
            }

            @Override
            public void ended(String text) {
                // Nothing is left: there is no tokenizer.
            }
        };
        StreamState start = StreamState.empty(RULE.sinks(), TinyDecoder.HISTORY);
        return new StreamJob(
                StreamUpdate.generate(null, start, ids, newTokens, true)
                        .sampled(sampling, "key")
                        .told(listener)
                        .lookingUp(lookupTokens),
                PlainTerms.NONE);
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

            assertNll(Outcomes.await(first.future()).advanced().nll()).isThatOf(model.nll(ids));
            assertNll(Outcomes.await(last.future()).advanced().nll()).isThatOf(model.nll(other));
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
            assertNll(run(thread, job(ids)).get(0)).isThatOf(model.nll(ids));
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
