package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.SAME;
import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many callers, one model. */
class ThreadsTest {
    private static final int THREADS = 8;
    private static final int STREAMS = 40;

    /** A test machine may stand still for minutes; a caller that waits for ever waits longer. */
    private static final long MINUTES = 10;

    private static final TinyModels.Shape SHAPE = TinyModels.Shape.groupedTied();

    @TempDir
    private static Path folder;

    private ExecutorService callers;

    @BeforeAll
    static void write() {
        TinyModels.of(SHAPE).write(folder);
    }

    @BeforeEach
    void start() {
        callers = Executors.newFixedThreadPool(THREADS);
    }

    @AfterEach
    void stop() throws InterruptedException {
        callers.shutdownNow();
        assertThat(callers.awaitTermination(MINUTES, TimeUnit.MINUTES)).isTrue();
    }

    /** A stream whose rows come one after the other, whoever brings them. */
    private static final class Story {
        private final StreamName name;
        private final int[] ids;
        private final int[] ends;
        private final double[] nll;
        private StreamState state;
        private int row;

        Story(int number, StreamState start) {
            this.name = new StreamName("test", "stream " + number);
            this.ids = SHAPE.tokens(20 + 3 * number, number);
            this.ends = rows(new Random(number), ids.length);
            this.nll = new double[ids.length];
            this.state = start;
        }

        private static int[] rows(Random random, int length) {
            List<Integer> ends = new ArrayList<>();
            int at = 0;
            while (at < length) {
                at = Math.min(length, at + random.nextInt(25));
                ends.add(at);
            }
            return ends.stream().mapToInt(Integer::intValue).toArray();
        }

        boolean isTold() {
            return row == ends.length;
        }

        StreamUpdate next() {
            return StreamUpdate.score(name, state, Arrays.copyOfRange(ids, (int) state.position(), ends[row]));
        }

        void take(StreamResult.Advanced result) {
            System.arraycopy(result.nll(), 0, nll, (int) state.position(), result.nll().length);
            state = result.state();
            row++;
        }
    }

    private static List<Story> stories(StreamModel model) {
        List<Story> stories = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            stories.add(new Story(i, model.start()));
        }
        return stories;
    }

    private static List<Story> toldByOneThread(StreamModel model) {
        List<Story> stories = stories(model);
        for (Story story : stories) {
            while (!story.isTold()) {
                story.take(model.advance(story.next()));
            }
        }
        return stories;
    }

    /** Each thread takes a few streams at random, brings a row of each, and puts them back for the others. */
    private List<Story> toldByMany(StreamModel model) throws Exception {
        List<Story> stories = stories(model);
        ConcurrentLinkedQueue<Story> free = new ConcurrentLinkedQueue<>(stories);
        List<Future<?>> ends = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            Random random = new Random(thread);
            ends.add(callers.submit(() -> {
                while (true) {
                    List<Story> mine = new ArrayList<>();
                    for (int i = 1 + random.nextInt(4); i > 0; i--) {
                        Story story = free.poll();
                        if (story != null) {
                            mine.add(story);
                        }
                    }
                    if (mine.isEmpty()) {
                        return null;
                    }
                    List<StreamResult> results =
                            model.advance(mine.stream().map(Story::next).toList());
                    for (int i = 0; i < mine.size(); i++) {
                        mine.get(i).take(results.get(i).advanced());
                        if (!mine.get(i).isTold()) {
                            free.add(mine.get(i));
                        }
                    }
                }
            }));
        }
        for (Future<?> end : ends) {
            end.get(MINUTES, TimeUnit.MINUTES);
        }
        return stories;
    }

    /**
     * Not to the last bit: which rows share a pass is chance, and products of other sizes take other kernels, which add in
     * another order.
     */
    private static void assertSame(List<Story> told, List<Story> wanted) {
        for (int i = 0; i < told.size(); i++) {
            assertThat(told.get(i).isTold()).isTrue();
            double[] nll = wanted.get(i).nll;
            assertNll(told.get(i).nll)
                    .as("stream %d", i)
                    .isThatOf(Arrays.copyOfRange(nll, 1, nll.length), 0, nll.length, SAME);
            assertThat(told.get(i).state.hash()).isEqualTo(wanted.get(i).state.hash());
        }
    }

    @Test
    void eightThreadsGiveTheNumbersOfOne() throws Exception {
        try (StreamModel one = open(1L << 30);
                StreamModel many = open(1L << 30)) {
            List<Story> wanted = toldByOneThread(one);
            assertNll(wanted.get(STREAMS - 1).nll)
                    .isThatOf(PlainDecoder.load(folder).nll(wanted.get(STREAMS - 1).ids, 4, 28));

            assertSame(toldByMany(many), wanted);

            assertThat(many.usage().rebuiltTokens()).isZero();
            assertThat(many.usage().tokens()).isEqualTo(one.usage().tokens());
            assertThat(many.usage().passes())
                    .as("calls that wait at the same moment share passes")
                    .isLessThan(one.usage().passes());
        }
    }

    @Test
    void aCacheForATenthOfTheStreamsCostsTimeAndNoNumber() throws Exception {
        long bytes;
        List<Story> wanted;
        try (StreamModel model = open(1L << 30)) {
            wanted = toldByOneThread(model);
            assertThat(model.usage().caches().evictions()).isZero();
            bytes = model.usage().caches().idleBytes();
        }
        try (StreamModel small = open(bytes / 10)) {
            assertSame(toldByMany(small), wanted);

            assertThat(small.usage().caches().evictions()).isPositive();
            assertThat(small.usage().rebuiltTokens()).isPositive();
            assertThat(small.usage().caches().idleBytes()).isLessThanOrEqualTo(bytes / 10);
            assertThat(small.usage().caches().held()).isZero();
            assertThat(small.usage().caches().heldBytes()).isZero();
        }
    }

    /** One byte: every call runs alone and leaves nothing. */
    @Test
    void noCacheAtAllGivesTheSameNumbers() throws Exception {
        List<Story> wanted;
        try (StreamModel model = open(1L << 30)) {
            wanted = toldByOneThread(model);
        }
        try (StreamModel none = open(1)) {
            assertSame(toldByMany(none), wanted);
            assertThat(none.usage().caches().hits()).isZero();
            assertThat(none.usage().caches().idle()).isZero();
        }
    }

    /** A call that does not end by itself while the test runs. */
    private static FutureTask<List<StreamResult>> endless(StreamModel model, StreamName name) {
        return new FutureTask<>(() -> model.advance(
                List.of(StreamUpdate.generate(name, model.start(), SHAPE.tokens(5, 1), Integer.MAX_VALUE / 2, true))));
    }

    private static void awaitPasses(StreamModel model, int passes) {
        long until = model.usage().passes() + passes;
        while (model.usage().passes() < until) {
            Thread.onSpinWait();
        }
    }

    @Test
    void anInterruptedCallerLeavesTheOthersAlone() throws Exception {
        try (StreamModel model = open(1L << 30)) {
            List<Boolean> interrupted = new ArrayList<>();
            List<Throwable> thrown = new ArrayList<>();
            StreamName name = new StreamName("test", "killed");
            Thread killed = new Thread(() -> {
                try {
                    model.advance(List.of(StreamUpdate.generate(
                            name, model.start(), SHAPE.tokens(5, 1), Integer.MAX_VALUE / 2, true)));
                } catch (CancellationException e) {
                    thrown.add(e);
                    interrupted.add(Thread.currentThread().isInterrupted());
                }
            });
            killed.start();
            awaitPasses(model, 3);
            Future<List<Story>> others = callers.submit(() -> toldByOneThread(model));
            awaitPasses(model, 3);
            killed.interrupt();
            killed.join(TimeUnit.MINUTES.toMillis(MINUTES));

            assertThat(killed.isAlive()).isFalse();
            assertThat(thrown).singleElement().satisfies(e -> assertThat(e)
                    .hasMessage("interrupted while waiting for the model"));
            assertThat(interrupted).containsExactly(true);
            List<Story> told = others.get(MINUTES, TimeUnit.MINUTES);
            List<Story> again = toldByOneThread(model);
            assertSame(told, again);
            assertNll(told.get(3).nll).isThatOf(PlainDecoder.load(folder).nll(told.get(3).ids, 4, 28));
            assertThat(model.usage().caches().held()).isZero();
        }
    }

    /** What an abandoned call left in its cache is a true epoch, or not used. */
    @Test
    void theStreamOfAnInterruptedCallerGoesOn() throws Exception {
        int[] ids = SHAPE.tokens(60, 9);
        double[] wanted = PlainDecoder.load(folder).nll(ids, 4, 28);
        try (StreamModel model = open(1L << 30)) {
            StreamName name = new StreamName("test", "killed");
            StreamState state = model.advance(StreamUpdate.score(name, model.start(), Arrays.copyOf(ids, 40)))
                    .state();
            Thread killed = new Thread(() -> assertThatThrownBy(() -> model.advance(
                            List.of(StreamUpdate.generate(name, state, new int[0], Integer.MAX_VALUE / 2, true))))
                    .isInstanceOf(CancellationException.class));
            killed.start();
            awaitPasses(model, 3);
            killed.interrupt();
            killed.join(TimeUnit.MINUTES.toMillis(MINUTES));
            assertThat(killed.isAlive()).isFalse();

            StreamResult.Advanced on = model.advance(StreamUpdate.score(name, state, Arrays.copyOfRange(ids, 40, 60)));

            assertNll(on.nll()).isThatOf(wanted, 40, 20, SAME);
        }
    }

    @Test
    void closingTellsThoseWhoWait() throws Exception {
        StreamModel model = open(1L << 30);
        List<FutureTask<List<StreamResult>>> waiting = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            waiting.add(endless(model, new StreamName("test", "endless " + i)));
            callers.execute(waiting.get(i));
        }
        awaitPasses(model, 3);

        model.close();

        for (FutureTask<List<StreamResult>> call : waiting) {
            assertThatThrownBy(() -> call.get(MINUTES, TimeUnit.MINUTES))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .hasRootCauseMessage("the model is closed");
        }
        int[] row = {1, 2, 3};
        assertThatThrownBy(() -> model.advance(List.of(StreamUpdate.score(null, model.start(), row))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the model is closed");
        model.forget(new StreamName("test", "endless 1"));
        model.close();
    }

    /** Calls that arrive in the very moment of the close. */
    @Test
    void noCallIsLostBetweenTheLastPassAndTheEnd() throws Exception {
        for (int round = 0; round < 10; round++) {
            StreamModel model = open(1L << 30);
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int[] row = SHAPE.tokens(3, i);
                ends.add(callers.submit(() -> {
                    while (true) {
                        try {
                            model.advance(List.of(StreamUpdate.score(null, model.start(), row)));
                        } catch (IllegalStateException e) {
                            assertThat(e).hasMessageEndingWith("the model is closed");
                            return null;
                        }
                    }
                }));
            }
            awaitPasses(model, 1 + round);
            model.close();
            for (Future<?> end : ends) {
                end.get(MINUTES, TimeUnit.MINUTES);
            }
        }
    }

    private static StreamModel open(long cacheBytes) {
        return StreamModel.open(
                ModelOptions.of(folder).withAttention(4, 28).withChunk(16, 64).withCacheBytes(cacheBytes));
    }
}
