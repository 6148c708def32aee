package io.sinkstream.streaming;

import io.sinkstream.batch.RowLayout;
import io.sinkstream.rows.FieldsOver;
import org.apache.spark.sql.Row;

/**
 * What the engine asks of a bucket's rows.
 *
 * @param now when a row without a time of its own happened, milliseconds since 1970
 */
record BucketFields(RowLayout rows, StreamLayout more, long now) implements FieldsOver<Row> {
    @Override
    public long time(Row row) {
        return more.time(row, now);
    }
}
