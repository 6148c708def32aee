package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.rows.Order;
import io.sinkstream.rows.ResultColumn;
import io.sinkstream.rows.RowFields;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Calls that one run of a text through the model gives the values of. Each row is a stream of its own, also where two have the same
 * text; but what is drawn depends on the text alone, so that a call is a function of its arguments.
 */
final class Lane implements RowFields<CalledRow>, Serializable {
    private static final long serialVersionUID = 1;
    private static final int OBJECT_BYTES = 48;

    private final int text;
    private final KeyedOptions options;
    private final boolean isStrict;
    private final ArrayList<Call> calls = new ArrayList<>();
    private transient List<ResultColumn> columns;

    /** Which value of a row a function's is. */
    private record Call(SinkFunction function, int place) implements Serializable {}

    /**
     * A lane without calls.
     *
     * @param text which of a row's texts
     * @param isStrict whether a text that has no value fails the task
     */
    Lane(int text, KeyedOptions options, boolean isStrict) {
        this.text = text;
        this.options = options;
        this.isStrict = isStrict;
    }

    void add(SinkFunction function, int place) {
        calls.add(new Call(function, place));
    }

    /** Looked up once in a task: columns are not sent to it. */
    private List<ResultColumn> columns() {
        if (columns == null) {
            columns = calls.stream().map(call -> call.function().result()).toList();
        }
        return columns;
    }

    KeyedOptions options() {
        return options;
    }

    /** Gives the row its values, in Spark's own types. */
    void fill(CalledRow row, RowOutcome outcome) {
        if (isStrict && outcome instanceof RowOutcome.Bad bad && hasContent(row)) {
            throw new UserException(calls.get(0).function().sqlName() + ": " + bad.message()
                    + "; without spark.sql.ansi.enabled such a text gives null");
        }
        for (int i = 0; i < calls.size(); i++) {
            row.values()[calls.get(i).place()] = value(columns().get(i).of(outcome));
        }
    }

    private static Object value(Object value) {
        if (value instanceof Object[] numbers) {
            return new GenericArrayData(numbers);
        }
        return value instanceof String more ? UTF8String.fromString(more) : value;
    }

    @Override
    public String key(CalledRow row) {
        return Long.toString(row.index());
    }

    @Override
    public String chance(CalledRow row) {
        return text(row) == null ? "" : text(row);
    }

    @Override
    public boolean isOrdered() {
        return false;
    }

    @Override
    public Order order(CalledRow row) {
        return null;
    }

    @Override
    public boolean hasContent(CalledRow row) {
        return text(row) != null;
    }

    @Override
    public String text(CalledRow row) {
        return row.texts()[text];
    }

    @Override
    public int[] tokens(CalledRow row) {
        throw new IllegalStateException("a call has a text");
    }

    @Override
    public long bytes(CalledRow row) {
        long bytes = row.row() instanceof UnsafeRow unsafe ? unsafe.getSizeInBytes() : OBJECT_BYTES;
        for (String each : row.texts()) {
            bytes += each == null ? 0 : OBJECT_BYTES + (long) Character.BYTES * each.length();
        }
        return bytes;
    }
}
