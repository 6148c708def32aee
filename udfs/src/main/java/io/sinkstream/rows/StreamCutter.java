package io.sinkstream.rows;

import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamState;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Cuts streams into segments before any of their rows are run. It reads rows as {@link RowEngine} does, with the same tokens
 * and the same bad rows, and needs no number of the model: a segment's first row is told the stream before it, and can be run
 * without the rows before.
 *
 * @param <R> a row
 */
public final class StreamCutter<R> implements Iterator<StreamCutter.Cut<R>> {
    private final Iterator<R> input;
    private final RowFields<R> fields;
    private final RowReader<R> reader;
    private final StreamState empty;
    private final long most;
    private Cut<R> ahead;
    private String key;
    private StreamState state;
    private byte[] order;
    private int segment;
    private long begun;

    /**
     * A row and where it belongs.
     *
     * @param segment of its stream, from 0
     * @param before the stream before it, its numbers aside, if a segment but the stream's first begins with it; else null
     * @param goesOn whether its segment ends with it, and its stream does not
     */
    public record Cut<R>(R row, int segment, StreamEnd before, boolean goesOn) {}

    /**
     * A cutter that has read one row.
     *
     * @param input rows of one stream after another, in their order
     * @param most after so many tokens the next good row begins a segment
     */
    public StreamCutter(Iterator<R> input, RowFields<R> fields, StreamModel model, RowOptions options, long most) {
        this(input, fields, RowModel.of(model), options, most);
    }

    StreamCutter(Iterator<R> input, RowFields<R> fields, RowModel model, RowOptions options, long most) {
        this.input = input;
        this.fields = fields;
        this.most = most;
        reader = new RowReader<>(fields, model, options);
        empty = model.start();
        advance();
    }

    @Override
    public boolean hasNext() {
        return ahead != null;
    }

    @Override
    public Cut<R> next() {
        if (ahead == null) {
            throw new NoSuchElementException();
        }
        Cut<R> row = ahead;
        advance();
        return ahead == null || ahead.before() == null ? row : new Cut<>(row.row(), row.segment(), row.before(), true);
    }

    private void advance() {
        ahead = input.hasNext() ? cut(input.next()) : null;
    }

    private Cut<R> cut(R row) {
        String stream = fields.key(row);
        if (stream != null && !stream.equals(key)) {
            key = stream;
            state = empty;
            order = null;
            segment = 0;
            begun = 0;
        }
        StreamEnd before = null;
        try {
            reader.check(row);
            byte[] highest = reader.order(row, order);
            boolean begins = state.position() == 0;
            int[] tokens = reader.tokens(row, begins);
            if (state.position() - begun >= most) {
                before = new StreamEnd(state, StreamTotals.NONE.withLastOrder(order));
                segment++;
                begun = state.position();
            }
            order = highest;
            state = (begins ? state.append(reader.prefix()) : state).append(tokens);
        } catch (BadRow e) {
            // It comes out of whatever segment it stands in, and says there what is wrong with it.
        }
        return new Cut<>(row, stream == null ? 0 : segment, before, false);
    }
}
