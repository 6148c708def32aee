package io.sinkstream.batch;

import io.sinkstream.calibration.CalibrationTotals;
import io.sinkstream.rows.MemoryStreams;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.rows.RowOptions.Content;
import io.sinkstream.state.EndState;
import io.sinkstream.state.SavedStream;
import io.sinkstream.stream.StreamModel;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;

/** Scores or continues the rows of one partition, sorted by key and order, with the executor's model. */
final class PartitionTask implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    private final KeyedOptions options;
    private final RowLayout layout;
    private final String query;
    private final ScoringTotals totals;
    private final EndState endState;
    private final SegmentLayout segments;
    private final CalibrationTotals ordinary;

    /**
     * @param query names this run, so that no two runs share a stream's cache
     * @param endState what is to be kept of streams at their end; null for nothing
     * @param segments where rows say which segment of their stream they are of; null if streams are whole
     * @param ordinary takes rows in that are known to be ordinary; null for none
     */
    PartitionTask(
            KeyedOptions options,
            RowLayout layout,
            String query,
            ScoringTotals totals,
            EndState endState,
            SegmentLayout segments,
            CalibrationTotals ordinary) {
        this.segments = segments;
        this.endState = endState;
        this.ordinary = ordinary;
        this.options = options;
        this.layout = layout;
        this.query = query;
        this.totals = totals;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        // A partition without rows loads no model.
        if (!rows.hasNext()) {
            return Collections.emptyIterator();
        }
        RowEngine<Row> results = TaskEngine.open(
                options,
                query,
                segments == null ? layout : segments,
                (model, states) -> segments == null ? rows : begun(rows, model, states));
        return new CountedRows(
                results,
                options,
                layout,
                totals,
                endState,
                segments == null ? null : new SegmentNumbers(segments),
                ordinary,
                surprising());
    }

    /** Null where rows are not judged or have no texts. */
    private SurprisingToken surprising() {
        if (!options.isJudged() || options.rows().content() != Content.TEXT) {
            return null;
        }
        return ExecutorModel.of(options.model())
                .tokenizer()
                .map(known -> new SurprisingToken(known, options.rows().separator()))
                .orElse(null);
    }

    /** The rows, each of which says where its segment begins before it is read. */
    private Iterator<Row> begun(Iterator<Row> rows, StreamModel model, MemoryStreams states) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public Row next() {
                Row row = rows.next();
                byte[] before = segments.before(row);
                if (before != null) {
                    states.goOn(segments.key(row), SavedStream.end(before, model));
                }
                return row;
            }
        };
    }
}
