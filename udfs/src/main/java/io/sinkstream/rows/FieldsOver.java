package io.sinkstream.rows;

/**
 * Fields that are those of others, but for some.
 *
 * @param <R> a row
 */
public interface FieldsOver<R> extends RowFields<R> {
    /** The others. */
    RowFields<R> rows();

    @Override
    default String problem(R row) {
        return rows().problem(row);
    }

    @Override
    default String key(R row) {
        return rows().key(row);
    }

    @Override
    default boolean isOrdered() {
        return rows().isOrdered();
    }

    @Override
    default Order order(R row) {
        return rows().order(row);
    }

    @Override
    default boolean hasContent(R row) {
        return rows().hasContent(row);
    }

    @Override
    default String text(R row) {
        return rows().text(row);
    }

    @Override
    default int[] tokens(R row) throws BadRow {
        return rows().tokens(row);
    }

    @Override
    default long bytes(R row) {
        return rows().bytes(row);
    }
}
