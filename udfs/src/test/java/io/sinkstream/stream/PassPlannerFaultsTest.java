package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.ZeroCells;
import io.sinkstream.decoder.CachesSpoiledException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Passes that fail, or find no memory: what can be made again is, and what can't fails alone. */
class PassPlannerFaultsTest extends PlannerTrial {
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
        faults.addAll(Collections.nCopies(3, PlannerTrial::noMemory));
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
        faults.addAll(Collections.nCopies(4, PlannerTrial::noMemory));
        StreamJob job = add(ids(1, 9));
        runAll();

        assertThat(passes).containsExactly(List.of(8), List.of(4), List.of(2), List.of(1));
        assertThatThrownBy(() -> job.future().join()).hasCauseInstanceOf(EngineException.class);
    }

    @Test
    void aSharedPassThatFailsIsMadeAgainForEachStreamAlone() {
        plan(8, 64);
        // The shared one, and the second stream's own.
        faults.addAll(List.of(PlannerTrial::broken, () -> null, PlannerTrial::broken));
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
