package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.rows.RowProblem;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScoringTotalsTest {
    private static Ranked row(int i) {
        return new Ranked("key", String.valueOf(i), 1, i % 25, null, "text");
    }

    @Test
    void partsMergeToTheWhole() {
        ScoringTotals whole = new ScoringTotals();
        ScoringTotals merged = new ScoringTotals();
        for (int part = 0; part < 5; part++) {
            ScoringTotals totals = new ScoringTotals();
            IntStream.range(part * 20, part * 20 + 20).forEach(i -> {
                for (ScoringTotals each : List.of(whole, totals)) {
                    each.scored(3, 2, 0.5, 10);
                    if (each.ranks(1, null, row(i).perplexity())) {
                        each.rank(row(i));
                    }
                }
            });
            for (ScoringTotals each : List.of(whole, totals)) {
                each.bad(RowProblem.LATE);
                each.dropped();
                each.ended(new Ranked("key" + part, null, 60, part, null, null));
            }
            merged.merge(totals);
        }
        assertThat(merged.value()).isEqualTo(whole.value());
        assertThat(merged.copy().value()).isEqualTo(whole.value());
        ScoringSummary summary = merged.value();
        assertThat(summary.rows()).isEqualTo(110);
        assertThat(summary.problems()).isEqualTo(Map.of(RowProblem.LATE, 5L));
        assertThat(summary.dropped()).isEqualTo(5);
        assertThat(summary.streams()).isEqualTo(5);
        assertThat(summary.tokens()).isEqualTo(300);
        assertThat(summary.perplexity()).isEqualTo(Math.exp(0.25));
        assertThat(summary.topRows())
                .hasSize(10)
                .extracting(Ranked::perplexity)
                .startsWith(24.0, 24.0, 24.0, 24.0, 23.0);
        // Ties are told apart by the order's text, so that every run shows the same table.
        assertThat(summary.topRows()).extracting(Ranked::order).startsWith("24", "49", "74", "99");
        assertThat(summary.topStreams()).extracting(Ranked::key).startsWith("key4");
    }

    @Test
    void whereThereArePValuesTheyRankFirst() {
        ScoringTotals totals = new ScoringTotals(4);
        for (int i = 0; i < 20; i++) {
            Double pValue = i == 19 ? null : (Double) ((i - i % 2) / 40.0);
            if (totals.ranks(4, pValue, i)) {
                totals.rank(new Ranked("key", null, 4, i, pValue, null));
            }
        }

        assertThat(totals.ranks(3, 0.0, 99)).isFalse();
        assertThat(totals.ranks(4, 0.0, 0.5)).isTrue();
        assertThat(totals.ranks(4, null, 99)).isFalse();
        assertThat(totals.value().topRows())
                .extracting(Ranked::perplexity)
                .containsExactly(1.0, 0.0, 3.0, 2.0, 5.0, 4.0, 7.0, 6.0, 9.0, 8.0);
        assertThat(((ScoringTotals) totals.copy()).ranks(3, 0.0, 99)).isFalse();
    }

    @Test
    void emptyTotalsAreZero() {
        ScoringTotals totals = new ScoringTotals();
        assertThat(totals.isZero()).isTrue();
        totals.bad(RowProblem.NULL_KEY);
        assertThat(totals.isZero()).isFalse();
        assertThat(totals.value().perplexity()).isNaN();
        assertThat(totals.value().bitsPerByte()).isNaN();
        totals.reset();
        assertThat(totals.isZero()).isTrue();
    }
}
