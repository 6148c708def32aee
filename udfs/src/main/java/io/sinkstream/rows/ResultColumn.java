package io.sinkstream.rows;

import java.util.function.Function;

/**
 * A column of results.
 *
 * @param name without the prefix that a caller may put before it
 * @param type of its values
 * @param doc what it says
 * @param value of a row; null where it has none
 */
public record ResultColumn(String name, ColumnType type, String doc, Function<RowOutcome, Object> value) {
    /** Its value for a row; null if it has none. */
    public Object of(RowOutcome outcome) {
        return value.apply(outcome);
    }
}
