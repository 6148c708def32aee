package io.sinkstream.rows;

import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.Arrays;
import java.util.List;

/** Rows of one stream that the model is given in one piece. */
final class Turn<R> {
    private final OpenStream<R> stream;
    private final List<RowInHand<R>> rows;
    private final int prefix;
    private final int[] tokens;
    private StreamState state;
    private boolean isWhole;

    /** @param prefix stands before the rows' tokens and belongs to the first row */
    Turn(OpenStream<R> stream, List<RowInHand<R>> rows, int[] prefix) throws BrokenState {
        this.stream = stream;
        this.rows = rows;
        this.prefix = prefix.length;
        int rowTokens = rows.stream().mapToInt(row -> row.tokens().length).sum();
        int[] all = Arrays.copyOf(prefix, prefix.length + rowTokens);
        int at = prefix.length;
        for (RowInHand<R> row : rows) {
            System.arraycopy(row.tokens(), 0, all, at, row.tokens().length);
            at += row.tokens().length;
        }
        tokens = all;
        state = stream.kept().state();
    }

    OpenStream<R> stream() {
        return stream;
    }

    List<RowInHand<R>> rows() {
        return rows;
    }

    int[] tokens() {
        return tokens;
    }

    /** How many of the tokens belong to the row at {@code index}. */
    int tokens(int index) {
        return rows.get(index).tokens().length + (index == 0 ? prefix : 0);
    }

    /** The stream before it. */
    StreamState state() {
        return state;
    }

    /** Reads all the history that is kept of the stream. */
    void rebuild() throws BrokenState {
        state = stream.kept().whole();
        isWhole = true;
    }

    boolean isWhole() {
        return isWhole;
    }

    StreamUpdate update(RowTask task) {
        if (stream.isLast() && stream.waiting().isEmpty()) {
            stream.kept().finishing();
        }
        return task.update(stream.chance(), stream.kept().name(), state, tokens);
    }

    void bad(RowProblem problem, String message) {
        rows.forEach(row -> row.bad(problem, message));
    }
}
