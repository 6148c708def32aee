package io.sinkstream.streaming;

import io.sinkstream.batch.RowLayout;
import io.sinkstream.batch.RowLayout.BadRow;
import io.sinkstream.batch.RowProblem;
import io.sinkstream.batch.RowReader;
import io.sinkstream.batch.RowScore;
import io.sinkstream.settings.LateRows;
import io.sinkstream.state.SavedStream;
import io.sinkstream.state.SortableOrder;
import io.sinkstream.state.StreamCommand;
import io.sinkstream.state.StreamHead;
import io.sinkstream.state.StreamStore;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;

/**
 * The rows that come out of one bucket in one micro-batch.
 *
 * <p>Rows are taken by key and order until they hold a good number of passes' tokens, whatever streams they belong to.
 * Then the model advances all these streams together: scoring by one call, in which each stream's rows are one piece;
 * continuations by turns, first every stream's first row, then the second ones. So what is in memory is bounded whatever a
 * micro-batch holds.
 */
final class BucketRows implements Iterator<Row> {
    /** Enough that the last, half-filled pass of a slice costs little. */
    private static final int SLICE_PASSES = 16;

    private static final int SLICE_ROWS = 16_384;
    private static final long SLICE_BYTES = 32L << 20;

    private static final int[] NONE = new int[0];

    private final StreamModel model;
    private final StreamOptions options;
    private final RowLayout layout;
    private final StreamLayout more;
    private final RowReader reader;
    private final OutputRows output;
    private final String query;
    private final StreamStore store;
    private final long now;
    private final SortedRows input;
    private final Deque<Row> ready = new ArrayDeque<>();
    private Row ahead;

    /**
     * @param query under whose name caches are kept
     * @param now when the micro-batch began, or the watermark, milliseconds since 1970
     */
    BucketRows(
            SortedRows input,
            StreamModel model,
            StreamOptions options,
            RowLayout layout,
            StreamLayout more,
            String query,
            StreamStore store,
            long now) {
        this.input = input;
        this.model = model;
        this.options = options;
        this.layout = layout;
        this.more = more;
        this.query = query;
        this.store = store;
        this.now = now;
        reader = new RowReader(model, options.scoring(), layout);
        output = new OutputRows(options, layout, model);
        ahead = input.next();
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && ahead != null) {
            runSlice();
        }
        return !ready.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void runSlice() {
        List<Stream> streams = new ArrayList<>();
        List<RowInHand> rows = new ArrayList<>();
        long tokens = 0;
        long bytes = 0;
        long most = (long) SLICE_PASSES * options.scoring().passTokens();
        Stream stream = null;
        while (ahead != null && tokens < most && bytes < SLICE_BYTES && rows.size() < SLICE_ROWS) {
            String key = layout.key(ahead);
            if (key != null && (stream == null || !stream.key.equals(key))) {
                stream = new Stream(key, new StreamName(query, key), store.read(key));
                streams.add(stream);
            }
            if (more.command(ahead) != null) {
                obey(ahead, stream);
            } else {
                RowInHand row = new RowInHand(ahead, key == null ? null : stream);
                admit(row);
                rows.add(row);
                tokens += row.tokens.length + maxNewTokens();
                bytes += row.bytes;
            }
            ahead = input.next();
        }
        List<Stream> moving = streams;
        do {
            moving = moving.stream().filter(each -> !each.waiting.isEmpty()).toList();
            advance(moving);
        } while (options.generates() && !moving.isEmpty());
        for (Stream each : streams) {
            if (each.isChanged) {
                store.write(each.key, each.head);
            }
        }
        rows.forEach(row -> ready.add(row.output));
    }

    private int maxNewTokens() {
        return options.generates() ? options.generation().maxNewTokens() : 0;
    }

    private void obey(Row row, Stream stream) {
        store.remove(stream.key, stream.head);
        model.forget(stream.name);
        long keep = options.keep(model.description());
        stream.head = switch (StreamCommand.valueOf(more.command(row))) {
            case DELETE -> StreamHead.empty();
            case RESTORE ->
                store.restore(stream.key, SavedStream.restored(more.state(row), keep, options.history(), now));
            case RERUN -> store.restore(stream.key, SavedStream.rerun(more.state(row), model, keep, now));
        };
        stream.order = stream.head.lastOrder();
        stream.isChanged = stream.head.position() > 0;
    }

    /** Gives a good row its tokens. */
    private void admit(RowInHand row) {
        try {
            row.bytes = reader.check(row.input);
            Stream stream = row.stream;
            Object order = layout.order(row.input);
            byte[] place = SortableOrder.of(order);
            boolean isLate = stream.order != null && Arrays.compareUnsigned(place, stream.order) <= 0;
            if (isLate && options.scoring().late() != LateRows.SCORE) {
                throw RowReader.late(order);
            }
            row.tokens = reader.tokens(row.input, stream.head.position() == 0 && stream.waiting.isEmpty());
            if (options.generates()
                    && stream.head.position() == 0
                    && stream.waiting.isEmpty()
                    && row.tokens.length == 0) {
                throw new BadRow(
                        RowProblem.NULL_CONTENT,
                        "a continuation needs at least one token before it, and there is none");
            }
            if (!isLate) {
                stream.order = place;
            }
            stream.waiting.add(row);
        } catch (BadRow e) {
            ExecutorCounts.bad(e.problem());
            row.tokens = NONE;
            row.output = output.bad(row.input, e);
        }
    }

    /** Advances the streams by all their rows, or by one each where rows are turns. */
    private void advance(List<Stream> streams) {
        if (streams.isEmpty()) {
            return;
        }
        List<List<RowInHand>> taken = new ArrayList<>(streams.size());
        for (Stream stream : streams) {
            List<RowInHand> rows = new ArrayList<>();
            do {
                rows.add(stream.waiting.remove());
            } while (!options.generates() && !stream.waiting.isEmpty());
            taken.add(rows);
        }
        StreamResult[] results = results(streams, taken);
        for (int i = 0; i < results.length; i++) {
            // Every token was checked before: if one is refused now, this is no row's fault.
            accept(streams.get(i), taken.get(i), results[i].advanced());
        }
    }

    private StreamResult[] results(List<Stream> streams, List<List<RowInHand>> taken) {
        List<StreamUpdate> updates = new ArrayList<>(streams.size());
        for (int i = 0; i < streams.size(); i++) {
            updates.add(update(streams.get(i), taken.get(i), state(streams.get(i), false)));
        }
        StreamResult[] results = model.advance(updates).toArray(StreamResult[]::new);
        // Most streams have their cache. Only for those that have none the history is read.
        List<Integer> lost = new ArrayList<>();
        List<StreamUpdate> again = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            Stream stream = streams.get(i);
            RowInHand first = taken.get(i).get(0);
            if (results[i] instanceof StreamResult.HistoryNeeded) {
                StreamState whole = state(stream, true);
                first.caches = CacheUse.rebuilt(whole);
                lost.add(i);
                again.add(update(stream, taken.get(i), whole));
            } else if (stream.head.position() > 0) {
                first.caches = CacheUse.HIT;
            }
        }
        if (!again.isEmpty()) {
            List<StreamResult> rebuilt = model.advance(again);
            for (int i = 0; i < lost.size(); i++) {
                results[lost.get(i)] = rebuilt.get(i);
            }
        }
        return results;
    }

    private StreamUpdate update(Stream stream, List<RowInHand> rows, StreamState state) {
        int[] tokens = new int[rows.stream().mapToInt(row -> row.tokens.length).sum()];
        int at = 0;
        for (RowInHand row : rows) {
            System.arraycopy(row.tokens, 0, tokens, at, row.tokens.length);
            at += row.tokens.length;
        }
        return options.generates()
                ? StreamUpdate.generate(
                        stream.name,
                        state,
                        tokens,
                        maxNewTokens(),
                        options.generation().ignoreEos())
                : StreamUpdate.score(stream.name, state, tokens);
    }

    private StreamState state(Stream stream, boolean whole) {
        StreamHead head = stream.head;
        if (head.position() == 0) {
            return model.start();
        }
        return whole
                ? model.resume(head.sinks(), head.position(), head.hash(), store.history(stream.key, head), true)
                : model.resume(head.sinks(), head.position(), head.hash(), head.tail(), false);
    }

    private void accept(Stream stream, List<RowInHand> rows, StreamResult.Advanced result) {
        StreamHead head = stream.head;
        int[] tokens = NONE;
        for (RowInHand row : rows) {
            int from = tokens.length;
            tokens = concatenated(tokens, row.tokens);
            RowScore score = RowScore.of(
                    Arrays.copyOfRange(result.nll(), from, tokens.length),
                    row.bytes,
                    stream.head.position() + tokens.length,
                    head.predicted(),
                    head.nll(),
                    options.scoring().tokenNll());
            head = head.withScored(
                    score.predicted(), score.nll(), Math.max(head.lastSeen(), more.time(row.input, now)));
            row.output = options.generates()
                    ? output.continued(row.input, concatenated(head.tail(), tokens), result, row.caches)
                    : output.scored(row.input, score, row.caches);
        }
        stream.head = store.append(
                        stream.key,
                        head,
                        concatenated(tokens, result.continuation().tokens()),
                        result.state().sinks(),
                        result.state().hash())
                .withLastOrder(stream.order);
        stream.isChanged = true;
        ExecutorCounts.good(rows.size());
    }

    private static int[] concatenated(int[] a, int[] b) {
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    /** A stream of which the slice has rows. */
    private static final class Stream {
        private final String key;
        private final StreamName name;
        private final Deque<RowInHand> waiting = new ArrayDeque<>();
        private StreamHead head;
        /** The highest order so far, of rows in the slice too. */
        private byte[] order;

        private boolean isChanged;

        Stream(String key, StreamName name, StreamHead head) {
            this.key = key;
            this.name = name;
            this.head = head;
            order = head.lastOrder();
        }
    }

    /** A row of the slice, and what comes out for it. */
    private static final class RowInHand {
        private final Row input;
        private final Stream stream;
        private int[] tokens = NONE;
        private long bytes;
        private CacheUse caches = CacheUse.NONE;
        private Row output;

        RowInHand(Row input, Stream stream) {
            this.input = input;
            this.stream = stream;
        }
    }
}
