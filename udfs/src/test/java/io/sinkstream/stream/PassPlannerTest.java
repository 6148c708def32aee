package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.cache.ZeroCells;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which tokens of which streams make a pass. */
class PassPlannerTest extends PlannerTrial {
    /** Throws where a test wants no pass. */
    private static final PassRunner NONE = chunks -> {
        throw new AssertionError("a pass of " + chunks.size() + " chunks");
    };

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
        assertThat(jobs).allSatisfy(PlannerTrial::assertExact);
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
}
