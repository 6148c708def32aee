package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.stream.StreamResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** However rows are cut into slices and micro-batches, they come to the same. */
class SlicesTest {
    /** A row that is given in one of some micro-batches. */
    record Given(int key, int order, int[] tokens) {}

    @Provide
    Arbitrary<List<Given>> rows() {
        Arbitrary<int[]> tokens = Arbitraries.frequencyOf(
                        net.jqwik.api.Tuple.of(12, Arbitraries.integers().between(0, 600)),
                        net.jqwik.api.Tuple.of(1, Arbitraries.of(FormulaModel.POISON, FormulaModel.VOCABULARY)))
                .array(int[].class)
                .ofMaxSize(5);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 12),
                        tokens)
                .as(Given::new)
                .list()
                .ofMaxSize(30);
    }

    /** By key and order, as the engine has them; rows of one order as they are. */
    private static List<TestRow> sorted(List<Given> rows) {
        return rows.stream()
                .sorted(Comparator.comparing(Given::key).thenComparing(Given::order))
                .map(row -> TestRow.of("key " + row.key(), row.order(), row.tokens()))
                .toList();
    }

    private static List<String> run(
            FormulaModel model,
            List<TestRow> rows,
            StreamStates states,
            RowTask task,
            LateRows late,
            SliceLimits limits) {
        RowEngine<TestRow> engine = new RowEngine<>(
                rows.iterator(),
                new TestRow.Fields(true),
                model,
                task,
                new RowOptions(RowOptions.Content.TOKENS, Prompt.TEXT, "", late, 1_000),
                states,
                limits);
        List<String> results = new ArrayList<>();
        engine.forEachRemaining(result -> results.add(text(result, task)));
        return results;
    }

    private static String text(RowResult<TestRow> result, RowTask task) {
        StringBuilder text =
                new StringBuilder(result.row().key() + " " + result.row().order());
        task.columns().forEach(column -> {
            Object value = column.of(result.outcome());
            text.append(' ').append(column.name()).append('=');
            text.append(value instanceof Object[] all ? List.of(all).toString() : rounded(value));
        });
        return text.append(result.isDropped()).toString();
    }

    private static Object rounded(Object value) {
        return value instanceof Double number ? (Object) Math.round(number * 1e6) : value;
    }

    @Property(tries = 300)
    void slicesChangeNothing(
            @ForAll("rows") List<Given> given,
            @ForAll LateRows late,
            @ForAll @IntRange(min = 1, max = 8) int sliceRows,
            @ForAll @IntRange(min = 1, max = 20) int sliceTokens,
            @ForAll @IntRange(max = 2) int maxNewTokens) {
        RowTask task = maxNewTokens == 0
                ? new RowTask.Score(false, TokenDetails.NONE)
                : new RowTask.Continue(maxNewTokens, true, Sampling.GREEDY, 0);
        List<TestRow> rows = sorted(given);
        FormulaModel model = new FormulaModel();

        List<String> whole = run(
                model,
                rows,
                new MemoryStreams(model::start, model::forget, "q"),
                task,
                late,
                new SliceLimits(1_000, 100_000, 1_000_000));
        List<String> cut = run(
                model,
                rows,
                new MemoryStreams(model::start, model::forget, "q"),
                task,
                late,
                new SliceLimits(sliceRows, sliceTokens, 1_000_000));

        assertThat(cut).isEqualTo(whole);
    }

    @Property(tries = 300)
    void microBatchesChangeNothing(
            @ForAll("rows") List<Given> given,
            @ForAll @Size(30) List<@IntRange(max = 3) Integer> cuts,
            @ForAll LateRows late,
            @ForAll @IntRange(min = 1, max = 8) int sliceRows,
            @ForAll @IntRange(max = 2) int maxNewTokens) {
        RowTask task = maxNewTokens == 0
                ? new RowTask.Score(false, TokenDetails.NONE)
                : new RowTask.Continue(maxNewTokens, true, Sampling.GREEDY, 0);
        List<TestRow> rows = sorted(given);
        FormulaModel model = new FormulaModel();
        List<String> whole = run(
                model,
                rows,
                new MemoryStreams(model::start, model::forget, "q"),
                task,
                late,
                new SliceLimits(1_000, 100_000, 1_000_000));

        // Each stream's rows go to micro-batches that do not go back; caches are lost here and there.
        Set<String> asked = new HashSet<>();
        int[] calls = new int[1];
        model.answering(update -> {
            if (update.name() == null) {
                return Optional.empty();
            }
            String key = update.name().stream();
            boolean isLost =
                    update.state().position() > 0 && !asked.remove(key) && calls[0]++ % 3 == 0 && asked.add(key);
            return isLost ? Optional.of(new StreamResult.HistoryNeeded()) : Optional.empty();
        });
        CarriedStreams carried = new CarriedStreams(model.start());
        List<String> cut = new ArrayList<>();
        Map<String, Integer> batchOf = new HashMap<>();
        List<List<TestRow>> batches =
                List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < rows.size(); i++) {
            int batch = Math.max(cuts.get(i), batchOf.getOrDefault(rows.get(i).key(), 0));
            batchOf.put(rows.get(i).key(), batch);
            batches.get(batch).add(rows.get(i));
        }
        for (List<TestRow> batch : batches) {
            cut.addAll(run(model, batch, carried, task, late, new SliceLimits(sliceRows, 100_000, 1_000_000)));
        }

        assertThat(cut).containsExactlyInAnyOrderElementsOf(whole);
    }
}
