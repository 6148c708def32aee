package io.sinkstream.rows;

/**
 * What the engine asks of a caller's rows, which it does not look into otherwise.
 *
 * @param <R> a row
 */
public interface RowFields<R> {
    /** What is wrong with the row whatever is in it; null if nothing is. */
    default String problem(R row) {
        return null;
    }

    /** The stream that the row belongs to; null if none can be named. */
    String key(R row);

    /** What draws of the row's stream depend on beside the seed and the place: asked of a stream's first row. */
    default String chance(R row) {
        return key(row);
    }

    /** Whether rows have orders. Without, they come in the order of their stream, which has no ties. */
    boolean isOrdered();

    /** The row's place in its stream; null if it has none. */
    Order order(R row);

    /** Whether it has a text or token ids. */
    boolean hasContent(R row);

    /** The text of a row that has one. Asked only if rows hold texts, see {@link RowOptions#content}. */
    String text(R row);

    /**
     * The token ids of a row that has some. Asked only if rows hold tokens.
     *
     * @throws BadRow if one of them is null or is no int
     */
    int[] tokens(R row) throws BadRow;

    /** About how much memory the row takes, in bytes. */
    long bytes(R row);

    /** When the row happened, milliseconds since 1970; 0 where nothing asks for it. */
    default long time(R row) {
        return 0;
    }
}
