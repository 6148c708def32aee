package io.sinkstream.stream;

import static io.sinkstream.decoder.TinyDecoder.RULE;
import static io.sinkstream.decoder.TinyDecoder.SHAPE;
import static io.sinkstream.stream.NllAssert.SAME;
import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.Cells;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.decoder.CachesSpoiledException;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.LoadedWeights;
import io.sinkstream.decoder.Numbers;
import io.sinkstream.decoder.TinyDecoder;
import io.sinkstream.decoder.WeightSource;
import io.sinkstream.family.Families;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of every kind at every step of a load, of an admission and of a pass, at moments that a seed draws, which is printed:
 * whatever happens, no number is wrong, no cache stays held, no memory is left of a load that failed, no caller waits for ever,
 * and the model goes on.
 */
class FaultsTest {
    private static final int ROUNDS = 1_000;

    /** So often the model is loaded, and the streams go on with the next one. */
    private static final int LIVES = 20;

    private static final int STREAMS = 20;
    /** Where a fault can happen. */
    private enum Step {
        /** A weight of a model that is loaded. */
        WEIGHT,
        /** What a loaded model gets before its first pass: a pool, a planner, a runner. */
        START,
        /** A cache for a stream that is admitted, or more room for it. */
        CACHE,
        /** A pass, before anything is written. */
        PASS,
        /** A pass that has begun to write its caches. */
        WRITE,
        /** A pass that has begun to write the proposed tokens that hold. */
        KEEP,
        /** What a pass gave is taken in by its job. */
        RESULT
    }

    @TempDir
    private Path folder;

    private final long seed = Long.getLong("faults.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Map<Step, Integer> happened = new EnumMap<>(Step.class);
    private final List<NDManager> managers = new ArrayList<>();
    private final Semaphore ends = new Semaphore(0);
    private int failed;
    private int asked;
    private long accepted;

    /** A stream whose tokens are known, as far as it got. */
    private static final class Story {
        private final StreamName name;
        private final int[] ids;
        private final double[] wanted;
        private StreamState state;

        Story(int number, TinyDecoder model) {
            name = new StreamName("faults", "" + number);
            ids = SHAPE.tokens(400, number);
            wanted = model.nll(ids);
            state = StreamState.empty(RULE.sinks(), TinyDecoder.HISTORY);
        }
    }

    /** A continuation that is known, of so few tokens that they can be looked up. */
    private record Tale(int[] prompt, int[] wanted) {
        private static final int NEW_TOKENS = 16;

        private static final Sampling FEW_TOKENS = new Sampling(
                Penalties.NONE,
                new Bans(
                        0,
                        List.of(),
                        0,
                        IntStream.range(3, SHAPE.vocab()).boxed().collect(Collectors.toSet())),
                null,
                Stops.NONE);

        StreamJob job(int lookupTokens) {
            StreamState start = StreamState.empty(RULE.sinks(), TinyDecoder.HISTORY);
            return new StreamJob(
                    StreamUpdate.generate(null, start, prompt, NEW_TOKENS, true)
                            .sampled(FEW_TOKENS, "key")
                            .lookingUp(lookupTokens),
                    PlainTerms.NONE);
        }

        /** What is wanted is what comes one token a pass, where nothing fails. */
        static Tale of(int number, TinyDecoder model) {
            Tale unknown = new Tale(SHAPE.tokens(10 + number, number), new int[0]);
            try (ModelThread calm = new ModelThread(new ModelThread.Parts(
                    model::load,
                    decoder -> new CachePool<>(decoder.manager(), decoder.cacheShape(), decoder.cells(), 1L << 30),
                    pool -> new PassPlanner(pool, 16, 32),
                    decoder -> decoder::run,
                    () -> {}))) {
                StreamJob job = unknown.job(0);
                calm.submit(List.of(job));
                return new Tale(
                        unknown.prompt,
                        Outcomes.await(job.future()).advanced().continuation().tokens());
            }
        }
    }

    private Throwable fault() {
        return switch (random.nextInt(5)) {
            case 0 -> new OutOfMemoryError("Java heap space");
            case 1 -> new EngineException("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte");
            case 2 -> new EngineException("The following operation failed in the TorchScript interpreter");
            case 3 -> new StackOverflowError();
            default -> new IllegalStateException("a fault");
        };
    }

    private void perhaps(Step step, double probability) {
        if (random.nextDouble() < probability) {
            happened.merge(step, 1, Integer::sum);
            Throwable fault = step == Step.WRITE || step == Step.KEEP ? new CachesSpoiledException(fault()) : fault();
            if (fault instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) fault;
        }
    }

    private Cells faulty(Cells cells) {
        return new Cells() {
            @Override
            public NDArray empty(NDManager owner, int layers, int slots) {
                perhaps(Step.CACHE, 0.05);
                return cells.empty(owner, layers, slots);
            }

            @Override
            public NDArray grown(NDManager owner, NDArray old, int slots) {
                perhaps(Step.CACHE, 0.05);
                return cells.grown(owner, old, slots);
            }
        };
    }

    private List<ChunkResult> faulty(Decoder decoder, List<Chunk> chunks) {
        perhaps(Step.PASS, 0.05);
        List<ChunkResult> results = decoder.run(chunks);
        boolean isAhead = chunks.stream().anyMatch(chunk -> chunk.proposal() != null);
        perhaps(isAhead ? Step.KEEP : Step.WRITE, 0.05);
        if (random.nextDouble() < 0.02) {
            happened.merge(Step.RESULT, 1, Integer::sum);
            List<ChunkResult> broken = new ArrayList<>(results);
            broken.set(random.nextInt(broken.size()), null);
            return broken;
        }
        return results;
    }

    private Decoder load(Path folder) {
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        managers.add(manager);
        try {
            Checkpoint checkpoint = Checkpoint.open(folder);
            DecoderSpec spec = Families.spec(checkpoint, RULE);
            WeightSource source = Families.weights(checkpoint, spec);
            WeightSource faulty = (weight, owner) -> {
                perhaps(Step.WEIGHT, 0.03);
                return source.load(weight, owner);
            };
            return Decoder.owning(LoadedWeights.load(spec, Numbers.REFERENCE, manager, faulty), RULE);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    private ModelThread begin(Path folder) {
        return new ModelThread(new ModelThread.Parts(
                () -> load(folder),
                decoder -> {
                    perhaps(Step.START, 0.1);
                    // Room for about half of the streams: caches come and go.
                    return new CachePool<>(
                            decoder.manager(),
                            decoder.cacheShape(),
                            faulty(decoder.cells()),
                            STREAMS / 2 * decoder.cacheShape().bytesFor(400));
                },
                pool -> {
                    perhaps(Step.START, 0.1);
                    return new PassPlanner(pool, 16, 32);
                },
                decoder -> {
                    perhaps(Step.START, 0.1);
                    return chunks -> faulty(decoder, chunks);
                },
                ends::release));
    }

    /** Loads the model as often as it takes. */
    private ModelThread loaded(Path folder) throws InterruptedException {
        while (true) {
            try {
                return begin(folder);
            } catch (IllegalStateException e) {
                assertThat(e).as("seed %d", seed).hasMessageStartingWith("the model failed: ");
                assertEnded();
            }
        }
    }

    /** Each model's thread frees what it loaded, once. */
    private void assertEnded() throws InterruptedException {
        assertThat(ends.tryAcquire(1, TimeUnit.MINUTES)).as("seed %d", seed).isTrue();
        assertThat(ends.availablePermits()).as("seed %d", seed).isZero();
        assertThat(managers).as("seed %d", seed).noneMatch(NDManager::isOpen);
    }

    @Test
    void noFaultGivesAWrongNumberOrADeadModel() throws Exception {
        TinyDecoder model = TinyDecoder.write(folder);
        List<Story> stories = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            stories.add(new Story(i, model));
        }
        List<Tale> tales =
                IntStream.range(0, 4).mapToObj(i -> Tale.of(i, model)).toList();
        System.out.println("faults.seed " + seed);
        for (int life = 0; life < LIVES; life++) {
            try (ModelThread thread = loaded(folder)) {
                for (int round = 0; round < ROUNDS / LIVES; round++) {
                    round(thread, stories, tales.get(random.nextInt(tales.size())));
                }
                stories.forEach(story -> thread.forget(story.name));
                assertThat(thread.usage().caches().idle()).isZero();
                assertThat(thread.usage().caches().heldBytes()).isZero();
                assertThat(thread.usage().caches().idleBytes()).isZero();
            }
            assertEnded();
        }
        assertThat(happened).as("faults of every kind happened").containsOnlyKeys(Step.values());
        assertThat(failed).as("some callers heard of it").isPositive();
        assertThat(asked).isPositive();
        assertThat(accepted).as("proposed tokens that held").isPositive();
    }

    private void round(ModelThread thread, List<Story> stories, Tale tale) throws Exception {
        if (random.nextInt(10) == 0) {
            tell(thread, tale);
        }
        List<Story> told = drawn(stories);
        List<StreamJob> jobs = told.stream().map(this::next).toList();
        thread.submit(jobs);
        for (int i = 0; i < jobs.size(); i++) {
            StreamResult outcome = outcome(jobs.get(i));
            if (outcome == null) {
                failed++;
            } else if (outcome instanceof StreamResult.HistoryNeeded) {
                asked++;
            } else {
                take(told.get(i), outcome.advanced());
            }
        }
        assertThat(thread.usage().caches().held()).as("seed %d", seed).isZero();
    }

    /** Alone, where guesses are cheap. */
    private void tell(ModelThread thread, Tale tale) throws Exception {
        StreamJob job = tale.job(8);
        thread.submit(List.of(job));
        StreamResult outcome = outcome(job);
        if (outcome != null) {
            Continuation more = outcome.advanced().continuation();
            assertThat(more.tokens()).as("seed %d", seed).isEqualTo(tale.wanted);
            accepted += more.lookup().accepted();
        }
    }

    private List<Story> drawn(List<Story> stories) {
        List<Story> drawn = new ArrayList<>();
        for (Story story : stories) {
            if (random.nextInt(4) == 0 || (drawn.isEmpty() && story == stories.get(STREAMS - 1))) {
                drawn.add(story);
            }
        }
        return drawn;
    }

    /** The stream's next tokens; sometimes from a state that holds a part of its history only. */
    private StreamJob next(Story story) {
        if (story.state.position() > 340) {
            story.state = StreamState.empty(RULE.sinks(), TinyDecoder.HISTORY);
        }
        int from = (int) story.state.position();
        StreamState state = story.state;
        if (from > 0 && random.nextInt(3) == 0) {
            state = StreamState.stored(
                    4, TinyDecoder.HISTORY, state.sinks(), from, state.hash(), new int[] {story.ids[from - 1]}, false);
        }
        return new StreamJob(
                StreamUpdate.score(
                        story.name, state, Arrays.copyOfRange(story.ids, from, from + 2 + random.nextInt(50))),
                PlainTerms.NONE);
    }

    /** Null if the job failed. A caller that waits for a minute waits for ever. */
    private static StreamResult outcome(StreamJob job) throws Exception {
        try {
            return job.future().get(1, TimeUnit.MINUTES);
        } catch (ExecutionException e) {
            return null;
        }
    }

    private void take(Story story, StreamResult.Advanced advanced) {
        int from = (int) story.state.position();
        int count = (int) advanced.state().position() - from;
        assertNll(advanced.nll()).as("seed %d, %s", seed, story.name).isThatOf(story.wanted, from, count, SAME);
        story.state = StreamState.stored(
                4,
                TinyDecoder.HISTORY,
                advanced.state().sinks(),
                advanced.state().position(),
                advanced.state().hash(),
                Arrays.copyOfRange(story.ids, Math.max(0, from + count - (int) TinyDecoder.HISTORY - 1), from + count),
                true);
    }
}
