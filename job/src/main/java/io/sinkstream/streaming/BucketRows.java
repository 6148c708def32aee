package io.sinkstream.streaming;

import io.sinkstream.batch.ExecutorCounts;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ResultSchema;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.calibration.RenewedCalibration;
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
    private final RenewedCalibration renewed;

    /** @param renewed what rows are judged by, and is saved behind the last; null if it is the same for ever */
    BucketRows(RowEngine<Row> results, KeyedOptions options, RowLayout layout, RenewedCalibration renewed) {
        this.results = results;
        this.options = options;
        this.layout = layout;
        this.renewed = renewed;
    }

    @Override
    public boolean hasNext() {
        boolean isMore = results.hasNext();
        if (!isMore && renewed != null) {
            renewed.save();
        }
        return isMore;
    }

    @Override
    public Row next() {
        RowResult<Row> result = results.next();
        ExecutorCounts.STREAM.add(result.outcome());
        return RowFactory.create(ResultSchema.values(
                result.row(), layout.columns(), options, result.outcome(), verdict(result), StreamCounts.of(result)));
    }

    private Verdict verdict(RowResult<Row> result) {
        return renewed == null
                ? options.verdict(result.row(), result.outcome())
                : options.judge().verdict(result.row(), result.outcome(), renewed);
    }
}
