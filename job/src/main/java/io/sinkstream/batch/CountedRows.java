package io.sinkstream.batch;

import io.sinkstream.calibration.CalibrationTotals;
import io.sinkstream.calibration.StreamEvidence;
import io.sinkstream.calibration.Verdict;
import io.sinkstream.rows.Order;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.rows.RowOptions.Content;
import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.rows.RowResult;
import io.sinkstream.rows.StreamEnd;
import io.sinkstream.state.EndState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The rows of one partition with their results, counted. A stream's state at its end stands beside the last of its rows that comes out.
 * Rows that are dropped may follow that one, so each waits for the next.
 */
final class CountedRows implements Iterator<Row> {
    private final RowEngine<Row> results;
    private final KeyedOptions options;
    private final RowLayout layout;
    private final ScoringTotals totals;
    private final EndState endState;
    private final SegmentNumbers segments;
    private final CalibrationTotals ordinary;
    private final SurprisingToken surprising;
    private String previous;
    private Row ready;
    private RowResult<Row> waiting;
    private Verdict verdict;
    private StreamEvidence evidence = StreamEvidence.NONE;
    private SegmentNumbers.Sums sums;
    private StreamEnd end;
    private boolean isCut;

    /**
     * @param endState what is to be kept of streams at their end; null for nothing
     * @param segments of streams that the rows are of; null for whole streams
     * @param ordinary takes rows in that are known to be ordinary; null for none
     * @param surprising marks what is surprising of rows that are judged; null if they have no texts
     */
    CountedRows(
            RowEngine<Row> results,
            KeyedOptions options,
            RowLayout layout,
            ScoringTotals totals,
            EndState endState,
            SegmentNumbers segments,
            CalibrationTotals ordinary,
            SurprisingToken surprising) {
        this.surprising = surprising;
        this.segments = segments;
        this.results = results;
        this.options = options;
        this.layout = layout;
        this.totals = totals;
        this.endState = endState;
        this.ordinary = ordinary;
    }

    @Override
    public boolean hasNext() {
        while (ready == null && results.hasNext()) {
            take(results.next());
        }
        if (ready == null) {
            release();
        }
        return ready != null;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Row row = ready;
        ready = null;
        return row;
    }

    private void take(RowResult<Row> result) {
        ExecutorCounts.BATCH.add(result.outcome());
        if (!result.isDropped()) {
            release();
            waiting = result;
            end = null;
            isCut = false;
            judge(result);
            evidence = evidence.and(verdict);
            count(result);
        } else {
            totals.dropped();
        }
        if (segments != null) {
            SegmentNumbers.Sums now = segments.add(result);
            sums = result.isDropped() ? sums : now.with(evidence);
            isCut |= segments.isOfCutStream(result.row());
        }
        if (result.end() != null) {
            end = result.end();
            if (!isCut) {
                ended(layout.key(result.row()), end);
            }
            evidence = StreamEvidence.NONE;
            previous = null;
        } else if (surprising != null && result.outcome() instanceof Scored) {
            previous = layout.text(result.row());
        }
    }

    private void release() {
        if (waiting != null) {
            ready = row(waiting);
            waiting = null;
        }
    }

    private Row row(RowResult<Row> result) {
        List<Object> more = new ArrayList<>();
        if (endState != null) {
            more.add(end == null ? null : endState.bytes(end));
        }
        if (segments != null) {
            more.add(isCut ? segments.value(result.row(), sums, end) : null);
        }
        return RowFactory.create(ResultSchema.values(
                result.row(), layout.columns(), options, result.outcome(), verdict, more.toArray()));
    }

    private void judge(RowResult<Row> result) {
        verdict = options.verdict(result.row(), result.outcome());
        if (ordinary != null) {
            options.judge().enter(ordinary, result.row(), verdict);
        }
    }

    private void count(RowResult<Row> result) {
        if (result.outcome() instanceof Bad bad) {
            totals.bad(bad.problem());
        } else if (result.outcome() instanceof Scored score) {
            totals.scored(score.tokens(), score.predicted(), score.nll(), score.bytes());
            if (options.isJudged()) {
                totals.judged(verdict);
            }
            Double perplexity = score.perplexity();
            Double pValue = verdict == null ? null : verdict.pValue();
            if (perplexity != null && totals.ranks(score.tokens(), pValue, perplexity)) {
                totals.rank(ranked(result.row(), score, perplexity, pValue));
            }
        } else if (result.outcome() instanceof Continued turn) {
            totals.continued(turn.tokens(), turn.continuation().length, turn.nll(), turn.lookup());
        }
    }

    private Ranked ranked(Row row, Scored score, double perplexity, Double pValue) {
        Order order = layout.order(row);
        return new Ranked(
                layout.key(row),
                order == null ? null : order.toString(),
                score.tokens(),
                perplexity,
                pValue,
                text(row, score, pValue));
    }

    private String text(Row row, Scored score, Double pValue) {
        if (options.rows().content() != Content.TEXT) {
            return null;
        }
        return surprising == null || pValue == null
                ? SurprisingToken.start(layout.text(row), Ranked.TEXT_CHARACTERS)
                : surprising.marked(layout.text(row), score.tokenNll(), previous);
    }

    private void ended(String key, StreamEnd stream) {
        Double perplexity = stream.totals().perplexity();
        totals.ended(
                perplexity == null
                        ? null
                        : new Ranked(
                                key,
                                null,
                                stream.state().position(),
                                perplexity,
                                options.pValue(evidence, perplexity),
                                null));
    }
}
