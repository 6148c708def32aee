package io.sinkstream.rows;

import io.sinkstream.settings.LateRows;
import io.sinkstream.stream.StreamModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * Keyed rows in, what became of each out, in the order in which they come.
 *
 * <p>Rows of one stream come one after another, in their order. They are taken until they hold a good number of passes'
 * tokens, whatever streams they belong to: a slice. The model advances the streams of two slices together, see {@link Turns}:
 * while the last streams of one come to their end, those of the next fill the passes. So what is in memory is bounded
 * whatever comes: two slices of rows, counted by what each takes, bad ones among them, and one row beyond. The numbers do not
 * depend on where slices end.
 *
 * <p>A row whose order is at or below its stream's last is late. Bad rows change no stream and cost no other row anything.
 *
 * @param <R> a row
 */
public final class RowEngine<R> implements Iterator<RowResult<R>>, AutoCloseable {
    /** So many are under way at a time. */
    private static final int SLICES = 2;

    private final Iterator<R> input;
    private final RowFields<R> fields;
    private final RowTask task;
    private final RowOptions options;
    private final StreamStates states;
    private final SliceLimits most;
    private final RowReader<R> reader;
    private final Turns<R> turns;
    private final Deque<Slice<R>> slices = new ArrayDeque<>();
    private final Deque<RowResult<R>> ready = new ArrayDeque<>();
    private SliceLimits limits;
    private R ahead;
    private OpenStream<R> open;

    /**
     * An engine that has read one row.
     *
     * @param passTokens the most tokens of all streams in one pass of the model
     */
    public RowEngine(
            Iterator<R> input,
            RowFields<R> fields,
            StreamModel model,
            RowTask task,
            RowOptions options,
            StreamStates states,
            int passTokens) {
        this(
                input,
                fields,
                RowModel.of(model, () -> task.start(model)),
                task,
                options,
                states,
                SliceLimits.of(passTokens));
    }

    RowEngine(
            Iterator<R> input,
            RowFields<R> fields,
            RowModel model,
            RowTask task,
            RowOptions options,
            StreamStates states,
            SliceLimits most) {
        this.most = most;
        this.input = input;
        this.fields = fields;
        this.task = task;
        this.options = options;
        this.states = states;
        this.limits = most;
        reader = new RowReader<>(fields, model, options);
        TurnResults<R> results = new TurnResults<>(model.tokenizer(), new FiniteNumbers(model));
        turns = new Turns<>(model, task, results, reader, most.tokens());
        advanceInput();
    }

    /** Little is read ahead at first, then twice as much each time: of these rows nobody may want more than the first ones. */
    public RowEngine<R> gradually() {
        limits = most.least();
        return this;
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && (ahead != null || !slices.isEmpty())) {
            step();
        }
        return !ready.isEmpty();
    }

    @Override
    public RowResult<R> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void advanceInput() {
        ahead = input.hasNext() ? input.next() : null;
    }

    /** Cancels what is under way: nobody takes its results. */
    @Override
    public void close() {
        turns.close();
    }

    private void step() {
        while (ahead != null && slices.size() < SLICES) {
            Slice<R> next = read();
            slices.addLast(next);
            turns.begin(next.streams());
        }
        if (slices.getFirst().isDone()) {
            Slice<R> done = slices.removeFirst();
            done.streams().forEach(OpenStream::save);
            emit(done);
        } else {
            turns.await();
        }
    }

    private Slice<R> read() {
        List<RowInHand<R>> rows = new ArrayList<>();
        List<OpenStream<R>> streams = new ArrayList<>();
        if (open != null) {
            streams.add(open);
        }
        long tokens = 0;
        long bytes = 0;
        while (ahead != null && limits.haveRoom(rows.size(), tokens, bytes)) {
            String key = fields.key(ahead);
            if (key != null && (open == null || !open.key().equals(key))) {
                open = OpenStream.of(key, fields.chance(ahead), states);
                streams.add(open);
            }
            RowInHand<R> row = new RowInHand<>(ahead, key == null ? null : open, fields.time(ahead));
            admit(row);
            rows.add(row);
            tokens += row.tokens().length + task.maxNewTokens();
            bytes += fields.bytes(ahead);
            advanceInput();
        }
        boolean goesOn = open != null && ahead != null && open.key().equals(fields.key(ahead));
        OpenStream<R> goingOn = goesOn ? open : null;
        streams.stream().filter(stream -> stream != goingOn).forEach(OpenStream::last);
        open = goingOn;
        limits = limits.doubled(most);
        return new Slice<>(rows, streams, goingOn);
    }

    /** Gives a good row its tokens and its place in its stream. */
    private void admit(RowInHand<R> row) {
        try {
            long bytes = reader.check(row.row());
            OpenStream<R> stream = row.stream();
            stream.check();
            byte[] order = reader.order(row.row(), stream.order());
            boolean begins = stream.kept().position() == 0 && stream.waiting().isEmpty();
            int[] ids = reader.tokens(row.row(), begins);
            stream.order(order);
            row.content(ids, begins, order, bytes);
            stream.waiting().add(row);
        } catch (BadRow e) {
            row.bad(e.problem(), e.getMessage());
        }
    }

    /** Each stream's end stands beside its last row. */
    private void emit(Slice<R> slice) {
        List<RowInHand<R>> rows = slice.rows();
        Map<OpenStream<R>, RowInHand<R>> last = new HashMap<>();
        rows.stream().filter(row -> row.stream() != null).forEach(row -> last.put(row.stream(), row));
        Map<RowInHand<R>, StreamEnd> ends = new HashMap<>();
        for (OpenStream<R> stream : slice.streams()) {
            if (stream != slice.goingOn()) {
                ends.put(last.get(stream), stream.end());
            }
        }
        for (RowInHand<R> row : rows) {
            boolean isDropped = options.late() == LateRows.DROP
                    && row.outcome() instanceof RowOutcome.Bad bad
                    && bad.problem() == RowProblem.LATE;
            ready.add(new RowResult<>(row.row(), row.outcome(), isDropped, row.caches(), ends.get(row)));
        }
    }
}
