package io.sinkstream.batch;

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

    /** @param query names this run, so that no two runs share a stream's cache */
    ScoringTask(ScoringOptions options, RowLayout layout, String query, ScoringTotals totals) {
        this.options = options;
        this.layout = layout;
        this.query = query;
        this.totals = totals;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        // A partition without rows loads no model.
        return rows.hasNext()
                ? new ScoredRows(rows, ExecutorModel.of(options), options, layout, query, totals)
                : Collections.emptyIterator();
    }
}
