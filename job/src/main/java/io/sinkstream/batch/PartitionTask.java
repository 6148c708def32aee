package io.sinkstream.batch;

import io.sinkstream.rows.MemoryStreams;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.state.EndState;
import io.sinkstream.stream.StreamModel;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;

/** Scores or continues the rows of one partition, sorted by key and order, with the executor's model. */
final class PartitionTask implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    private final KeyedOptions options;
    private final RowLayout layout;
    private final String query;
    private final ScoringTotals totals;
    private final EndState endState;

    /**
     * @param query names this run, so that no two runs share a stream's cache
     * @param endState what is to be kept of streams at their end; null for nothing
     */
    PartitionTask(KeyedOptions options, RowLayout layout, String query, ScoringTotals totals, EndState endState) {
        this.endState = endState;
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
        StreamModel model = ExecutorModel.of(options.model());
        MemoryStreams states = new MemoryStreams(model, query);
        TaskCompletionListener close = ended -> states.close();
        var unused = TaskContext.get().addTaskCompletionListener(close);
        RowEngine<Row> results = new RowEngine<>(
                rows,
                layout,
                model,
                options.task(),
                options.rows(),
                states,
                options.model().options().passTokens());
        TaskCompletionListener cancel = ended -> results.close();
        unused = TaskContext.get().addTaskCompletionListener(cancel);
        return new CountedRows(results, options, layout, totals, endState);
    }
}
