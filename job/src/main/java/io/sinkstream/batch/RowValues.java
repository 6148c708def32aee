package io.sinkstream.batch;

import io.sinkstream.rows.Order;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import scala.Product;
import scala.collection.Iterable;
import scala.collection.Iterator;
import scala.collection.Seq;

/** Values of Spark's rows, of whatever type. */
final class RowValues {
    /** Of an object that holds a number, a date or a time, and what points to it. */
    private static final long SMALL = 24;

    private RowValues() {}

    /** The place that a value of an order column says. */
    static Order order(Object value) {
        return Order.of(parts(value));
    }

    /** Structs and arrays as lists. */
    private static Object parts(Object value) {
        if (value instanceof Row struct) {
            List<Object> parts = new ArrayList<>();
            for (int i = 0; i < struct.length(); i++) {
                parts.add(parts(struct.get(i)));
            }
            return parts;
        }
        if (value instanceof Seq<?> array) {
            List<Object> parts = new ArrayList<>();
            for (Iterator<?> all = array.iterator(); all.hasNext(); ) {
                parts.add(parts(all.next()));
            }
            return parts;
        }
        return value;
    }

    /** About what a value takes in memory, at most. */
    static long bytes(Object value) {
        if (value == null) {
            return 0;
        }
        if (value instanceof String text) {
            return 2 * SMALL + (long) Character.BYTES * text.length();
        }
        if (value instanceof byte[] binary) {
            return SMALL + binary.length;
        }
        if (value instanceof Row struct) {
            long bytes = SMALL;
            for (int i = 0; i < struct.length(); i++) {
                bytes += Long.BYTES + bytes(struct.get(i));
            }
            return bytes;
        }
        if (value instanceof Iterable<?> many) {
            return SMALL + sum(many.iterator());
        }
        // An entry of a map.
        return value instanceof Product entry ? SMALL + sum(entry.productIterator()) : SMALL;
    }

    private static long sum(Iterator<?> parts) {
        long bytes = 0;
        while (parts.hasNext()) {
            bytes += Long.BYTES + bytes(parts.next());
        }
        return bytes;
    }
}
