package io.sinkstream.streaming;

import io.sinkstream.batch.ExecutorCounts;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ResultSchema;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.calibration.Verdict;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.rows.RowResult;
import java.util.Iterator;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The rows that come out of one bucket in one micro-batch: the input's columns, the results, and what is counted of them. */
final class BucketRows implements Iterator<Row> {
    private final RowEngine<Row> results;
    private final KeyedOptions options;
    private final RowLayout layout;

    BucketRows(RowEngine<Row> results, KeyedOptions options, RowLayout layout) {
        this.results = results;
        this.options = options;
        this.layout = layout;
    }

    @Override
    public boolean hasNext() {
        return results.hasNext();
    }

    @Override
    public Row next() {
        RowResult<Row> result = results.next();
        ExecutorCounts.STREAM.add(result.outcome());
        Verdict verdict = options.judge() == null ? null : options.judge().verdict(result.row(), result.outcome());
        return RowFactory.create(ResultSchema.values(
                result.row(), layout.columns(), options, result.outcome(), verdict, StreamCounts.of(result)));
    }
}
