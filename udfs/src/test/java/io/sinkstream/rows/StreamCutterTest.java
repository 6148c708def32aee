package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Segments of streams, each run by itself, against the streams in one piece; with a model whose numbers are a formula. */
class StreamCutterTest {
    private static final TestRow.Fields FIELDS = new TestRow.Fields(true);

    private final FormulaModel model = new FormulaModel();

    private static RowOptions options(LateRows late) {
        return new RowOptions(RowOptions.Content.TOKENS, Prompt.TEXT, "", late, 1_000);
    }

    private List<StreamCutter.Cut<TestRow>> cut(List<TestRow> rows, LateRows late, long most) {
        List<StreamCutter.Cut<TestRow>> cuts = new ArrayList<>();
        new StreamCutter<>(rows.iterator(), FIELDS, model, options(late), most).forEachRemaining(cuts::add);
        return cuts;
    }

    private List<RowResult<TestRow>> run(List<TestRow> rows, LateRows late, MemoryStreams states) {
        List<RowResult<TestRow>> results = new ArrayList<>();
        new RowEngine<>(
                        rows.iterator(),
                        FIELDS,
                        model,
                        new RowTask.Score(true, TokenDetails.NONE),
                        options(late),
                        states,
                        new SliceLimits(20, 100, 1_000_000))
                .forEachRemaining(results::add);
        return results;
    }

    private MemoryStreams states() {
        return new MemoryStreams(model::start, model::forget, "query");
    }

    /** Some are null, late, of no order or of tokens that are none. Each key's are in their order. */
    private static List<TestRow> rows(Random random) {
        List<TestRow> rows = new ArrayList<>();
        rows.add(new TestRow(null, 1, new int[] {1}, 100));
        for (String key : List.of("a", "b", "c")) {
            rows.add(TestRow.of(key, null, 1, 2));
            int count = random.nextInt(40);
            for (int i = 0; i < count; i++) {
                int[] tokens = random.ints(random.nextInt(5), 0, 600).toArray();
                int kind = random.nextInt(10);
                rows.add(new TestRow(key, i - i % 3 / 2, kind == 0 ? null : kind == 1 ? new int[] {-1} : tokens, 100));
            }
        }
        return rows;
    }

    @ParameterizedTest
    @EnumSource(LateRows.class)
    void segmentsGiveTheOutcomesOfTheWhole(LateRows late) {
        for (int seed = 0; seed < 30; seed++) {
            List<TestRow> rows = rows(new Random(seed));
            List<RowResult<TestRow>> whole = run(rows, late, states());
            Map<String, List<StreamCutter.Cut<TestRow>>> segments = new LinkedHashMap<>();
            for (StreamCutter.Cut<TestRow> cut : cut(rows, late, 12)) {
                segments.computeIfAbsent(cut.row().key() + " " + cut.segment(), name -> new ArrayList<>())
                        .add(cut);
            }
            List<RowResult<TestRow>> split = new ArrayList<>();
            for (List<StreamCutter.Cut<TestRow>> segment : segments.values()) {
                MemoryStreams states = states();
                if (segment.get(0).before() != null) {
                    states.goOn(segment.get(0).row().key(), segment.get(0).before());
                }
                split.addAll(run(segment.stream().map(StreamCutter.Cut::row).toList(), late, states));
            }

            assertThat(split).hasSameSizeAs(whole);
            for (int i = 0; i < whole.size(); i++) {
                assertThat(split.get(i).row()).isSameAs(whole.get(i).row());
                assertThat(split.get(i).isDropped()).isEqualTo(whole.get(i).isDropped());
                if (whole.get(i).outcome() instanceof Scored score) {
                    Scored other = (Scored) split.get(i).outcome();
                    assertThat(other.tokenNll()).isEqualTo(score.tokenNll());
                    assertThat(other.streamTokens()).isEqualTo(score.streamTokens());
                } else {
                    assertThat(split.get(i).outcome())
                            .isEqualTo(whole.get(i).outcome())
                            .isInstanceOf(Bad.class);
                }
            }
        }
    }

    @Test
    void aSegmentBeginsWithTheFirstGoodRowThatFindsItFull() {
        List<TestRow> rows = List.of(
                TestRow.of("a", 1, 1, 2, 3),
                TestRow.of("a", 2, 4, 5),
                TestRow.of("a", 3, -1),
                TestRow.of("a", 4, 6),
                TestRow.of("a", 5, 7, 8, 9, 10),
                TestRow.of("a", 6),
                TestRow.of("b", 1, 1));

        List<StreamCutter.Cut<TestRow>> cuts = cut(rows, LateRows.ERROR, 5);

        assertThat(cuts).extracting(StreamCutter.Cut::segment).containsExactly(0, 0, 0, 1, 1, 2, 0);
        assertThat(cuts)
                .extracting(StreamCutter.Cut::goesOn)
                .containsExactly(false, false, true, false, true, false, false);
        assertThat(cuts)
                .extracting(
                        cut -> cut.before() == null ? -1 : cut.before().state().position())
                .containsExactly(-1L, -1L, -1L, 5L, -1L, 10L, -1L);
        assertThat(cuts.get(3).before().state().history()).containsExactly(1, 2, 3, 4, 5);
        assertThat(cuts.get(3).before().totals().lastOrder())
                .isEqualTo(Order.of(2).sortable());
    }

    @Test
    void streamsThatAreShortAreNotCut() {
        List<TestRow> rows = Stream.of("a", "b")
                .flatMap(key -> IntStream.range(0, 5).mapToObj(i -> TestRow.of(key, i, 1, 2)))
                .toList();

        assertThat(cut(rows, LateRows.ERROR, 10))
                .allSatisfy(cut -> assertThat(cut.segment()).isZero())
                .noneMatch(StreamCutter.Cut::goesOn);
    }
}
