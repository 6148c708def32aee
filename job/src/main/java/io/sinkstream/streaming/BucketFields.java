package io.sinkstream.streaming;

import io.sinkstream.batch.RowLayout;
import io.sinkstream.rows.BadRow;
import io.sinkstream.rows.Order;
import io.sinkstream.rows.RowFields;
import org.apache.spark.sql.Row;

/**
 * What the engine asks of a bucket's rows.
 *
 * @param now when a row without a time of its own happened, milliseconds since 1970
 */
record BucketFields(RowLayout layout, StreamLayout more, long now) implements RowFields<Row> {
    @Override
    public String problem(Row row) {
        return layout.problem(row);
    }

    @Override
    public String key(Row row) {
        return layout.key(row);
    }

    @Override
    public boolean isOrdered() {
        return layout.isOrdered();
    }

    @Override
    public Order order(Row row) {
        return layout.order(row);
    }

    @Override
    public boolean hasContent(Row row) {
        return layout.hasContent(row);
    }

    @Override
    public String text(Row row) {
        return layout.text(row);
    }

    @Override
    public int[] tokens(Row row) throws BadRow {
        return layout.tokens(row);
    }

    @Override
    public long bytes(Row row) {
        return layout.bytes(row);
    }

    @Override
    public long time(Row row) {
        return more.time(row, now);
    }
}
