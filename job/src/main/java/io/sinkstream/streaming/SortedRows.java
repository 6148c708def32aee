package io.sinkstream.streaming;

import io.sinkstream.batch.RowLayout;
import io.sinkstream.rows.Order;
import io.sinkstream.state.StreamCommand;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;
import org.apache.spark.util.collection.ExternalSorter;
import scala.Option;
import scala.Product2;
import scala.Tuple2;
import scala.math.Ordering;

/**
 * A bucket's rows of one micro-batch by key and order, since a shuffle keeps neither. Spark's own sorter holds them, which
 * writes to disk what does not fit into the task's share of memory.
 */
final class SortedRows implements Iterator<Row> {
    private final scala.collection.Iterator<Product2<Place, Row>> rows;

    /**
     * Where a row belongs.
     *
     * @param key null for rows of no stream
     * @param isCommand whether it is a {@link StreamCommand}, which comes before all rows of its stream
     * @param order null where the row has none
     * @param content of rows of one order, which of them is the late one must not depend on how they came
     */
    private record Place(String key, boolean isCommand, byte[] order, String content) implements Serializable {
        static final Comparator<Place> ASCENDING = Comparator.comparing(
                        Place::key, Comparator.nullsFirst(Comparator.<String>naturalOrder()))
                .thenComparing(place -> !place.isCommand())
                .thenComparing(Place::order, Comparator.nullsFirst(Arrays::compareUnsigned))
                .thenComparing(Place::content, Comparator.nullsFirst(Comparator.<String>naturalOrder()));
    }

    /** Takes all rows of {@code input}. */
    SortedRows(scala.collection.Iterator<Row> input, RowLayout layout, StreamLayout more) {
        ExternalSorter<Place, Row, Row> sorter = new ExternalSorter<>(
                TaskContext.get(),
                Option.empty(),
                Option.empty(),
                Option.apply(Ordering.comparatorToOrdering(Place.ASCENDING)),
                // Not the one that spark.serializer names: Kryo can't make a record.
                new JavaSerializer(SparkEnv.get().conf()));
        TaskCompletionListener stop = ended -> sorter.stop();
        var unused = TaskContext.get().addTaskCompletionListener(stop);
        sorter.insertAll(input.map(row -> new Tuple2<>(
                new Place(layout.key(row), more.command(row) != null, sortable(row, layout), layout.contentText(row)),
                row)));
        rows = sorter.iterator();
    }

    private static byte[] sortable(Row row, RowLayout layout) {
        Order order = layout.order(row);
        return order == null ? null : order.sortable();
    }

    @Override
    public boolean hasNext() {
        return rows.hasNext();
    }

    @Override
    public Row next() {
        return rows.next()._2();
    }
}
