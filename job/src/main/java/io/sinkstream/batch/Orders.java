package io.sinkstream.batch;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/** Values of an order column, as Spark sorts them. */
final class Orders {
    private Orders() {}

    /** Whether Spark's sort puts two orders of one column at the same place. */
    static boolean same(Object a, Object b) {
        if (a instanceof Double x && b instanceof Double y) {
            // Zero and minus zero are the same to Spark, and so are NaNs.
            return x.doubleValue() == y.doubleValue() || (x.isNaN() && y.isNaN());
        }
        if (a instanceof Float x && b instanceof Float y) {
            return x.floatValue() == y.floatValue() || (x.isNaN() && y.isNaN());
        }
        if (a instanceof byte[] x && b instanceof byte[] y) {
            return Arrays.equals(x, y);
        }
        return Objects.equals(a, b);
    }

    /** An order for people to read. */
    static String text(Object order) {
        return order instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : order.toString();
    }
}
