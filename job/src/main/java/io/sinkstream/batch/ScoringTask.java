package io.sinkstream.batch;

import io.sinkstream.state.EndState;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;

/** Scores the rows of one partition, sorted by key and order, with the executor's model. */
final class ScoringTask implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    private final ScoringOptions options;
    private final RowLayout layout;
    private final String query;
    private final ScoringTotals totals;
    private final EndState endState;

    /**
     * @param query names this run, so that no two runs share a stream's cache
     * @param endState what is to be kept of streams at their end; null for nothing
     */
    ScoringTask(ScoringOptions options, RowLayout layout, String query, ScoringTotals totals, EndState endState) {
        this.endState = endState;
        this.options = options;
        this.layout = layout;
        this.query = query;
        this.totals = totals;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        // A partition without rows loads no model.
        return rows.hasNext()
                ? new ScoredRows(rows, ExecutorModel.of(options), options, layout, query, totals, endState)
                : Collections.emptyIterator();
    }
}
