package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamUpdate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows through the engine, with a model whose numbers are a formula and states in memory. */
class RowEngineTest {
    private static final SliceLimits WIDE = new SliceLimits(1_000, 10_000, 1_000_000);
    private static final double ROUNDING = 1e-9;

    private final FormulaModel model = new FormulaModel();
    private final MemoryStreams memory = new MemoryStreams(model::start, model::forget, "query");

    private static RowOptions options(LateRows late) {
        return new RowOptions(RowOptions.Content.TOKENS, Prompt.TEXT, "", late, 1_000);
    }

    private RowEngine<TestRow> scoring(List<TestRow> rows, LateRows late, StreamStates states, SliceLimits limits) {
        return new RowEngine<>(
                rows.iterator(),
                new TestRow.Fields(true),
                model,
                new RowTask.Score(true, TokenDetails.NONE),
                options(late),
                states,
                limits);
    }

    private RowEngine<TestRow> continuing(List<TestRow> rows, StreamStates states, int maxNewTokens) {
        return continuing(rows, states, maxNewTokens, WIDE);
    }

    private RowEngine<TestRow> continuing(
            List<TestRow> rows, StreamStates states, int maxNewTokens, SliceLimits limits) {
        return new RowEngine<>(
                rows.iterator(),
                new TestRow.Fields(true),
                model,
                new RowTask.Continue(maxNewTokens, true, Sampling.GREEDY, 0),
                options(LateRows.ERROR),
                states,
                limits);
    }

    private List<RowResult<TestRow>> scored(TestRow... rows) {
        return all(scoring(List.of(rows), LateRows.ERROR, memory, WIDE));
    }

    private static List<RowResult<TestRow>> all(RowEngine<TestRow> engine) {
        List<RowResult<TestRow>> all = new ArrayList<>();
        engine.forEachRemaining(all::add);
        return all;
    }

    private static Bad bad(RowResult<TestRow> result) {
        return (Bad) result.outcome();
    }

    private static Scored score(RowResult<TestRow> result) {
        return (Scored) result.outcome();
    }

    @Test
    void rowsComeOutInTheirOrderWithTheNumbersOfTheirStream() {
        List<RowResult<TestRow>> results =
                scored(TestRow.of("a", 1, 1, 2, 3), TestRow.of("a", 2, 4, 5), TestRow.of("b", 1, 6));

        double[] a = model.nll(model.start(), new int[] {1, 2, 3, 4, 5});
        Scored second = score(results.get(1));
        assertThat(results).extracting(result -> result.row().key()).containsExactly("a", "a", "b");
        assertThat(second.tokenNll()).containsExactly(a[3], a[4]);
        assertThat(second.nll()).isCloseTo(a[3] + a[4], within(ROUNDING));
        assertThat(second.streamTokens()).isEqualTo(5);
        assertThat(second.streamPerplexity()).isCloseTo(Math.exp((a[1] + a[2] + a[3] + a[4]) / 4), within(ROUNDING));
        assertThat(score(results.get(2)).predicted()).isZero();
        assertThat(score(results.get(2)).perplexity()).isNull();
    }

    @Test
    void whatIsWantedOfTokensComesOutWithTheirRows() {
        TokenDetails wanted = new TokenDetails(true, true, 2);
        RowTask.Score task = new RowTask.Score(true, wanted);
        List<TestRow> rows = List.of(
                TestRow.of("a", 1, 1, 2, 3), TestRow.of("a", 2, FormulaModel.VOCABULARY), TestRow.of("a", 3, 4, 5));
        RowEngine<TestRow> engine = new RowEngine<>(
                rows.iterator(),
                new TestRow.Fields(true),
                model,
                task,
                options(LateRows.ERROR),
                memory,
                new SliceLimits(1, 1, 1_000));
        List<RowResult<TestRow>> results = all(engine);

        double[] nll = model.nll(model.start(), new int[] {1, 2, 3, 4, 5});
        assertThat(task.columns())
                .extracting(ResultColumn::name)
                .endsWith("error", "token_nll", "token_rank", "top_logprobs", "token_entropy");
        Object[] first = ofTokens(task, results.get(0));
        Object[] bad = ofTokens(task, results.get(1));
        Object[] last = ofTokens(task, results.get(2));
        assertThat(first[0]).isEqualTo(new Integer[] {null, rank(nll[1]), rank(nll[2])});
        assertThat(bad).containsOnlyNulls();
        assertThat(last[0]).isEqualTo(new Integer[] {rank(nll[3]), rank(nll[4])});
        assertThat(((TokenLogprob[][]) first[1])[0]).isNull();
        assertThat(((TokenLogprob[][]) last[1])[1])
                .containsExactly(
                        new TokenLogprob(rank(nll[4]) + 2, nll[4] * 1_000 + 4),
                        new TokenLogprob(rank(nll[4]) + 3, nll[4] * 1_000 + 5));
        assertThat(last[2]).isEqualTo(new Double[] {nll[3] * 1_000 + 1, nll[4] * 1_000 + 1});
    }

    private static int rank(double nll) {
        return (int) (nll * 1_000);
    }

    private static Object[] ofTokens(RowTask.Score task, RowResult<TestRow> result) {
        List<ResultColumn> columns = task.columns();
        return columns.subList(columns.size() - 3, columns.size()).stream()
                .map(column -> column.of(result.outcome()))
                .toArray();
    }

    @Test
    void badRowsChangeNoStream() {
        List<RowResult<TestRow>> results = scored(
                TestRow.of(null, 1, 1),
                TestRow.of("a", null, 1),
                new TestRow("a", 1, null, 100),
                TestRow.of("a", 2, 1, 2),
                TestRow.of("a", 3, 5, FormulaModel.VOCABULARY),
                TestRow.of("a", 4, 3));

        assertThat(results.subList(0, 3))
                .extracting(result -> bad(result).problem())
                .containsExactly(RowProblem.NULL_KEY, RowProblem.NULL_ORDER, RowProblem.NULL_CONTENT);
        assertThat(bad(results.get(4)).problem()).isEqualTo(RowProblem.BAD_TOKEN);
        assertThat(score(results.get(5)).tokenNll()).containsExactly(model.nll(model.start(), new int[] {1, 2, 3})[2]);
    }

    @Test
    void rowsAtOrBelowTheLastOrderAreLate() {
        TestRow[] rows = {TestRow.of("a", 1, 1, 2), TestRow.of("a", 1, 3), TestRow.of("a", 2, 4)};

        List<RowResult<TestRow>> errors = scored(rows);
        List<RowResult<TestRow>> taken = all(scoring(List.of(rows), LateRows.SCORE, memory, WIDE));

        assertThat(bad(errors.get(1)))
                .isEqualTo(new Bad(RowProblem.LATE, "late: the order 1 is not above the stream's last"));
        assertThat(score(errors.get(2)).streamTokens()).isEqualTo(3);
        assertThat(score(taken.get(2)).streamTokens()).isEqualTo(4);
    }

    @Test
    void aStreamEndsWithItsLastRowAlsoIfThatIsDropped() {
        List<TestRow> rows =
                List.of(TestRow.of("a", 1, 1, 2), TestRow.of("a", 1, 3), TestRow.of("a", 1, 4), TestRow.of("b", 1, 5));

        List<RowResult<TestRow>> results = all(scoring(rows, LateRows.DROP, memory, new SliceLimits(2, 1_000, 1_000)));

        assertThat(results).extracting(RowResult::isDropped).containsExactly(false, true, true, false);
        assertThat(results).extracting(result -> result.end() != null).containsExactly(false, false, true, true);
        assertThat(results.get(2).end().state().position()).isEqualTo(2);
        assertThat(results.get(2).end().totals().predicted()).isEqualTo(1);
    }

    @Test
    void aCacheIsKeptOnlyWhileMoreOfItsStreamComes() {
        List<TestRow> rows =
                List.of(TestRow.of("a", 1, 1), TestRow.of("b", 1, 2), TestRow.of("b", 2, 3), TestRow.of("b", 3, 4));

        RowEngine<TestRow> engine = scoring(rows, LateRows.ERROR, memory, new SliceLimits(2, 1_000, 1_000));
        engine.next();

        assertThat(model.updates())
                .extracting(StreamUpdate::name)
                .containsExactly(null, new StreamName("query", "b"), new StreamName("query", "b"));
        all(engine);
        assertThat(model.forgotten()).containsExactly(new StreamName("query", "b"));
    }

    @Test
    void aTaskThatEndsInTheMiddleOfAStreamLeavesNoCache() {
        List<TestRow> rows = List.of(TestRow.of("a", 1, 1), TestRow.of("a", 2, 2), TestRow.of("a", 3, 3));

        scoring(rows, LateRows.ERROR, memory, new SliceLimits(1, 1_000, 1_000)).next();
        memory.close();

        assertThat(model.forgotten()).containsExactly(new StreamName("query", "a"));
    }

    @Test
    void rejectedRowsFillASliceByWhatTheyTake() {
        List<TestRow> rows = IntStream.range(0, 100)
                .mapToObj(i -> new TestRow("a", null, new int[] {1}, 1_000))
                .toList();
        TestRow.Input input = new TestRow.Input(rows);
        RowEngine<TestRow> engine = new RowEngine<>(
                input,
                new TestRow.Fields(true),
                model,
                new RowTask.Score(false, TokenDetails.NONE),
                options(LateRows.ERROR),
                memory,
                new SliceLimits(1_000, 1_000, 10_000));

        engine.next();

        // Two slices and a row.
        assertThat(input.taken()).isEqualTo(21);
    }

    @Test
    void aSlowStreamHoldsNoOther() throws Exception {
        model.holding(Set.of("slow"));
        List<TestRow> rows = new ArrayList<>();
        rows.add(TestRow.of("slow", 1, 1));
        rows.add(TestRow.of("slow", 2, 2));
        CountDownLatch fastIsDone = new CountDownLatch(1);
        int turns = 20;
        IntStream.range(0, turns).forEach(i -> rows.add(TestRow.of("swift", i, 3)));
        model.answering(update -> {
            if (model.updates("swift").size() == turns) {
                fastIsDone.countDown();
            }
            return Optional.empty();
        });
        CompletableFuture<List<RowResult<TestRow>>> results =
                CompletableFuture.supplyAsync(() -> all(continuing(rows, memory, 2)));

        // Every turn of the one is over while the other's first is still under way.
        fastIsDone.await();
        assertThat(model.updates("slow")).hasSize(1);
        assertThat(results).isNotDone();
        model.holding(Set.of());
        model.release();

        assertThat(results.get()).hasSize(22).allMatch(result -> result.outcome() instanceof Continued);
        assertThat(results.get().get(0).row().key()).isEqualTo("slow");
    }

    /** The next slice fills the passes while the last stream of this one comes to its end. */
    @Test
    void aSlowStreamHoldsNotTheNextSlice() throws Exception {
        model.holding(Set.of("slow"));
        List<TestRow> rows = List.of(TestRow.of("slow", 1, 1), TestRow.of("slow", 2, 2), TestRow.of("b", 1, 3));
        CountDownLatch isNextThere = new CountDownLatch(1);
        model.answering(update -> {
            if (update.tokens()[0] == 3) {
                isNextThere.countDown();
            }
            return Optional.empty();
        });
        CompletableFuture<List<RowResult<TestRow>>> results = CompletableFuture.supplyAsync(
                () -> all(continuing(rows, memory, 2, new SliceLimits(2, 1_000, 1_000_000))));

        isNextThere.await();
        assertThat(results).isNotDone();
        model.holding(Set.of());
        model.release();
        assertThat(results.get()).extracting(result -> result.row().key()).containsExactly("slow", "slow", "b");
    }

    @Test
    void whoLeavesEarlyCancelsWhatIsUnderWay() {
        List<CompletableFuture<StreamResult>> left = new ArrayList<>();
        RowEngine<TestRow> engine = new RowEngine<>(
                List.of(TestRow.of("a", 1, 1, 2), TestRow.of("b", 1)).iterator(),
                new TestRow.Fields(true),
                new SilentModel(model, left),
                new RowTask.Score(false, TokenDetails.NONE),
                options(LateRows.ERROR),
                memory,
                WIDE);
        Thread.currentThread().interrupt();
        assertThatThrownBy(engine::hasNext).isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).isTrue();

        engine.close();

        assertThat(left).hasSize(2).allMatch(CompletableFuture::isCancelled);
    }

    @Test
    void anInterruptedCallerCancelsWhatIsLeft() {
        List<CompletableFuture<StreamResult>> left = new ArrayList<>();
        RowModel silent = new SilentModel(model, left);
        RowEngine<TestRow> engine = new RowEngine<>(
                List.of(TestRow.of("a", 1, 1, 2), TestRow.of("b", 1, 1, 2)).iterator(),
                new TestRow.Fields(true),
                silent,
                new RowTask.Score(false, TokenDetails.NONE),
                options(LateRows.ERROR),
                memory,
                WIDE);

        Thread.currentThread().interrupt();

        assertThatThrownBy(engine::next).isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(left).hasSize(2).allMatch(CompletableFuture::isCancelled);
    }

    @Test
    void turnsGoOnFromTheContinuationBefore() {
        List<RowResult<TestRow>> results =
                all(continuing(List.of(TestRow.of("a", 1, 1, 2), TestRow.of("a", 2, 3)), memory, 3));

        Continued first = (Continued) results.get(0).outcome();
        Continued second = (Continued) results.get(1).outcome();
        assertThat(first.streamTokens()).isEqualTo(5);
        assertThat(second.streamTokens()).isEqualTo(9);
        assertThat(second.tokens()).isEqualTo(4);
        assertThat(results.get(1).end().state().last(4))
                .isEqualTo(IntStream.concat(IntStream.of(3), Arrays.stream(second.continuation()))
                        .toArray());
    }

    @Test
    void aContinuationOfNothingIsAnError() {
        List<RowResult<TestRow>> results =
                all(continuing(List.of(TestRow.of("a", 1), TestRow.of("a", 2, 3)), memory, 3));

        assertThat(bad(results.get(0)).message())
                .isEqualTo("a continuation needs at least one token before it, and there is none");
        assertThat(results.get(1).outcome()).isInstanceOf(Continued.class);
    }

    @Test
    void aHistoryIsReadOnlyWhereTheCacheIsGone() {
        CarriedStreams carried = new CarriedStreams(model.start());
        List<TestRow> first = List.of(TestRow.of("a", 1, 1, 2), TestRow.of("b", 1, 3, 4));
        all(scoring(first, LateRows.ERROR, carried, WIDE));
        model.answering(update -> {
            boolean isLost =
                    update.name().stream().equals("b") && update.state().position() == 2;
            StreamResult.Advanced with = model.advanced(update);
            return Optional.of(
                    !isLost
                            ? with
                            : carried.histories() == 0
                                    ? new StreamResult.HistoryNeeded()
                                    : new StreamResult.Advanced(
                                            with.state(), with.nll(), with.continuation(), 1, with.details()));
        });

        List<RowResult<TestRow>> results = all(scoring(
                List.of(TestRow.of("a", 2, 5), TestRow.of("b", 2, 6), TestRow.of("b", 3, 7)),
                LateRows.ERROR,
                carried,
                WIDE));

        assertThat(carried.histories()).isEqualTo(1);
        assertThat(results)
                .extracting(RowResult::caches)
                .containsExactly(new CacheUse(1, 0, 0), new CacheUse(0, 1, 1), new CacheUse(0, 0, 0));
        assertThat(score(results.get(2)).tokenNll())
                .containsExactly(model.nll(model.start(), new int[] {3, 4, 6, 7})[3]);
    }

    @Test
    void aStoredStateThatIsRefusedCostsNoOtherStreamAnything() {
        CarriedStreams carried = new CarriedStreams(model.start());
        all(scoring(
                List.of(TestRow.of("a", 1, 1, 2), TestRow.of("b", 1, 3, 4), TestRow.of("c", 1, 1)),
                LateRows.ERROR,
                carried,
                WIDE));
        carried.breaks("c");
        model.answering(update -> update.name().stream().equals("a")
                ? Optional.of(new StreamResult.Refused("the stream's stored state is broken: token 7"))
                : Optional.empty());

        List<RowResult<TestRow>> results = all(scoring(
                List.of(TestRow.of("a", 2, 5), TestRow.of("a", 3, 5), TestRow.of("b", 2, 6), TestRow.of("c", 2, 7)),
                LateRows.ERROR,
                carried,
                WIDE));

        Bad refused = new Bad(RowProblem.BROKEN_STATE, "the stream's stored state is broken: token 7");
        assertThat(results.subList(0, 2)).extracting(RowResult::outcome).containsExactly(refused, refused);
        assertThat(score(results.get(2)).streamTokens()).isEqualTo(3);
        assertThat(bad(results.get(3))).isEqualTo(new Bad(RowProblem.BROKEN_STATE, "its bytes are none"));
        assertThat(carried.state("a").position()).isEqualTo(2);
    }

    @Test
    void aRowWithANumberThatIsNotFiniteIsNoPartOfItsStream() {
        List<RowResult<TestRow>> results = scored(
                TestRow.of("a", 1, 1, 2),
                TestRow.of("a", 2, 3, FormulaModel.POISON, 4),
                TestRow.of("a", 3, 5),
                TestRow.of("a", 4, 6),
                TestRow.of("b", 1, 7, 8));

        double[] without = model.nll(model.start(), new int[] {1, 2, 5, 6});
        assertThat(bad(results.get(1)))
                .isEqualTo(new Bad(RowProblem.NOT_FINITE, "the model's numbers for the row are not finite: NaN"));
        assertThat(score(results.get(2)).tokenNll()).containsExactly(without[2]);
        assertThat(score(results.get(3)).tokenNll()).containsExactly(without[3]);
        assertThat(score(results.get(3)).streamPerplexity())
                .isCloseTo(Math.exp((without[1] + without[2] + without[3]) / 3), within(ROUNDING));
        assertThat(results.get(3).end().state().position()).isEqualTo(4);
        assertThat(results.get(4).outcome()).isInstanceOf(Scored.class);
    }

    @Test
    void theOrderOfARowWithANumberThatIsNotFiniteCounts() {
        CarriedStreams carried = new CarriedStreams(model.start());
        all(scoring(
                List.of(TestRow.of("a", 1, 1, 2), TestRow.of("a", 2, FormulaModel.POISON)),
                LateRows.ERROR,
                carried,
                WIDE));

        List<RowResult<TestRow>> next = all(scoring(List.of(TestRow.of("a", 2, 3)), LateRows.ERROR, carried, WIDE));

        assertThat(bad(next.get(0)).problem()).isEqualTo(RowProblem.LATE);
        assertThat(carried.totals("a").predicted()).isEqualTo(1);
    }

    @Test
    void aPromptWithANumberThatIsNotFiniteIsNoPartOfItsStream() {
        List<RowResult<TestRow>> results = all(continuing(
                List.of(TestRow.of("a", 1, 1, 2), TestRow.of("a", 2, FormulaModel.POISON), TestRow.of("a", 3, 3)),
                memory,
                2));

        assertThat(bad(results.get(1)).problem()).isEqualTo(RowProblem.NOT_FINITE);
        assertThat(((Continued) results.get(2).outcome()).streamTokens()).isEqualTo(7);
    }

    @Test
    void aModelWithoutAnyNumberEndsTheJob() {
        model.breaks();

        assertThatThrownBy(() -> scored(TestRow.of("a", 1, 1, 2)))
                .isInstanceOf(UserException.class)
                .hasMessage("--model: the model gives NaN or infinity for whatever it is given, and no number; weights"
                        + " that are not finite, or too large for --dtype, do that");
    }

    /** Never answers. */
    private record SilentModel(FormulaModel model, List<CompletableFuture<StreamResult>> asked) implements RowModel {
        @Override
        public List<CompletableFuture<StreamResult>> submit(List<StreamUpdate> updates) {
            List<CompletableFuture<StreamResult>> futures = updates.stream()
                    .map(update -> new CompletableFuture<StreamResult>())
                    .toList();
            asked.addAll(futures);
            return futures;
        }

        @Override
        public Optional<String> problem(int[] tokens) {
            return Optional.empty();
        }

        @Override
        public io.sinkstream.stream.StreamState start() {
            return model.start();
        }

        @Override
        public int vocabulary() {
            return model.vocabulary();
        }

        @Override
        public io.sinkstream.checkpoint.TextTokenizer tokenizer() {
            return null;
        }
    }
}
