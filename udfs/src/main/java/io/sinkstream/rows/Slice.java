package io.sinkstream.rows;

import java.util.List;

/**
 * Rows that were taken together, on their way through the model.
 *
 * @param <R> a row
 */
final class Slice<R> {
    private final List<RowInHand<R>> rows;
    private final List<OpenStream<R>> streams;
    private final OpenStream<R> goingOn;
    private int done;

    /**
     * A slice whose rows have their tokens, or what is wrong with them.
     *
     * @param streams that its rows belong to
     * @param goingOn the one of them that the next slice has rows of, too; null for none
     */
    Slice(List<RowInHand<R>> rows, List<OpenStream<R>> streams, OpenStream<R> goingOn) {
        this.rows = rows;
        this.streams = streams;
        this.goingOn = goingOn;
    }

    List<RowInHand<R>> rows() {
        return rows;
    }

    List<OpenStream<R>> streams() {
        return streams;
    }

    OpenStream<R> goingOn() {
        return goingOn;
    }

    /** Whether each row has its outcome. */
    boolean isDone() {
        while (done < rows.size() && rows.get(done).outcome() != null) {
            done++;
        }
        return done == rows.size();
    }
}
