package io.sinkstream.batch;

import io.sinkstream.batch.RowLayout.BadRow;
import io.sinkstream.settings.LateRows;
import io.sinkstream.state.EndState;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The scored rows of one partition whose rows are sorted by key and order.
 *
 * <p>Rows are taken until they hold a good number of passes' tokens, whatever keys they belong to. Then one call
 * advances all their streams, each by its rows' tokens in one piece, and the rows come out in the order in which they
 * came. A stream that goes on beyond the buffer carries its state over, so that a stream of any length takes the
 * buffer's memory and no more.
 */
final class ScoredRows implements Iterator<Row> {
    /** Enough that the last, half-filled pass of a buffer costs little. */
    private static final int BUFFERED_PASSES = 16;

    /** Rows without tokens and rows of wide tables fill a buffer too. */
    private static final int BUFFERED_ROWS = 16_384;

    /** About what the buffered texts may take. One row may be larger. */
    private static final long BUFFERED_BYTES = 32L << 20;

    private final Iterator<Row> input;
    private final StreamModel model;
    private final RowReader reader;
    private final ScoringOptions options;
    private final RowLayout layout;
    private final String query;
    private final ScoringTotals totals;
    private final EndState endState;
    private final long bufferedTokens;
    private final Deque<Scored> ready = new ArrayDeque<>();
    private final Set<StreamName> cached = new HashSet<>();
    private Row ahead;
    private Stream open;

    ScoredRows(
            Iterator<Row> input,
            StreamModel model,
            ScoringOptions options,
            RowLayout layout,
            String query,
            ScoringTotals totals,
            EndState endState) {
        this.endState = endState;
        this.input = input;
        this.model = model;
        this.options = options;
        this.layout = layout;
        this.query = query;
        this.totals = totals;
        reader = new RowReader(model, options, layout);
        bufferedTokens = (long) BUFFERED_PASSES * options.passTokens();
        advanceInput();
        TaskContext task = TaskContext.get();
        if (task != null) {
            // A task that fails in the middle of a stream leaves its cache to no one.
            TaskCompletionListener forget = ended -> cached.forEach(model::forget);
            var unused = task.addTaskCompletionListener(forget);
        }
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && ahead != null) {
            scoreBuffer();
        }
        return !ready.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return row(ready.remove());
    }

    private void advanceInput() {
        ahead = input.hasNext() ? input.next() : null;
    }

    private void scoreBuffer() {
        List<Stream> streams = new ArrayList<>();
        List<Scored> rows = new ArrayList<>();
        if (open != null) {
            streams.add(open);
        }
        long tokens = 0;
        long bytes = 0;
        while (ahead != null && tokens < bufferedTokens && bytes < BUFFERED_BYTES && rows.size() < BUFFERED_ROWS) {
            String key = layout.key(ahead);
            if (key != null && (open == null || !open.key.equals(key))) {
                open = new Stream(key, new StreamName(query, key), model.start());
                streams.add(open);
            }
            Scored row = new Scored(ahead, key == null ? null : open);
            try {
                tokens += admit(row);
                rows.add(row);
            } catch (BadRow e) {
                if (e.problem() == RowProblem.LATE && options.late() == LateRows.DROP) {
                    totals.dropped();
                } else {
                    row.error = e.getMessage();
                    totals.bad(e.problem());
                    rows.add(row);
                }
            }
            bytes += row.bytes;
            advanceInput();
        }
        boolean goesOn = open != null && ahead != null && open.key.equals(layout.key(ahead));
        Stream goingOn = goesOn ? open : null;
        advance(streams, goingOn);
        rows.forEach(this::finish);
        if (endState != null) {
            attachStates(rows, goingOn);
        }
        for (Stream stream : streams) {
            stream.clear();
            if (stream != goingOn) {
                end(stream);
            }
        }
        open = goingOn;
        ready.addAll(rows);
    }

    /** Gives a good row its tokens, and returns how many there are. */
    private int admit(Scored row) throws BadRow {
        row.bytes = reader.check(row.input);
        Stream stream = row.stream;
        Object order = layout.order(row.input);
        if (order != null && Orders.same(order, stream.lastOrder) && options.late() != LateRows.SCORE) {
            throw RowReader.late(order);
        }
        row.from = stream.count;
        stream.append(reader.tokens(row.input, !stream.isBegun));
        stream.isBegun = true;
        row.to = stream.count;
        stream.lastOrder = order;
        return row.to - row.from;
    }

    private void advance(List<Stream> streams, Stream goingOn) {
        List<Stream> moving =
                streams.stream().filter(stream -> stream.count > 0).toList();
        if (moving.isEmpty()) {
            return;
        }
        List<StreamUpdate> updates = new ArrayList<>(moving.size());
        for (Stream stream : moving) {
            // A stream that lies within this buffer needs its cache for this call only.
            if (stream == goingOn) {
                cached.add(stream.name);
            }
            StreamName name = cached.contains(stream.name) ? stream.name : null;
            updates.add(StreamUpdate.score(name, stream.state, stream.tokens()));
        }
        List<StreamResult> results = model.advance(updates);
        for (int i = 0; i < results.size(); i++) {
            Stream stream = moving.get(i);
            // Every token was checked before: if one is refused now, this is no row's fault.
            StreamResult.Advanced result = results.get(i).advanced();
            stream.nll = result.nll();
            stream.next = result.state();
        }
    }

    /** Works out a good row's numbers, in stream order. */
    private void finish(Scored row) {
        if (row.error != null) {
            return;
        }
        Stream stream = row.stream;
        RowScore score = RowScore.of(
                Arrays.copyOfRange(stream.nll, row.from, row.to),
                row.bytes,
                stream.state.position() + row.to,
                stream.predicted,
                stream.totalNll,
                options.tokenNll());
        row.score = score;
        stream.predicted += score.predicted();
        stream.totalNll += score.nll();
        totals.scored(score.tokens(), score.predicted(), score.nll(), score.bytes());
        Double perplexity = score.perplexity();
        if (perplexity != null && totals.ranks(perplexity)) {
            Object order = layout.order(row.input);
            totals.rank(new Ranked(
                    stream.key,
                    order == null ? null : Orders.text(order),
                    score.tokens(),
                    perplexity,
                    reader.readsText() ? start(layout.text(row.input)) : null));
        }
    }

    private void end(Stream stream) {
        if (cached.remove(stream.name)) {
            model.forget(stream.name);
        }
        if (stream.isBegun) {
            Double perplexity = RowScore.perplexity(stream.totalNll, stream.predicted);
            totals.ended(
                    perplexity == null
                            ? null
                            : new Ranked(stream.key, null, stream.state.position(), perplexity, null));
        }
    }

    private Row row(Scored scored) {
        Object[] values = RowScore.values(
                scored.input, layout.columns(), scored.score, scored.error, options, endState == null ? 0 : 1);
        if (endState != null) {
            values[values.length - 1] = scored.endState;
        }
        return RowFactory.create(values);
    }

    /** A stream that ends here has its state beside its last row, whatever that row is. */
    private void attachStates(List<Scored> rows, Stream goingOn) {
        Set<Stream> done = new HashSet<>();
        for (int i = rows.size() - 1; i >= 0; i--) {
            Stream stream = rows.get(i).stream;
            if (stream != null && stream != goingOn && done.add(stream) && stream.isBegun) {
                rows.get(i).endState = endState.bytes(stream.next, stream.predicted, stream.totalNll, stream.lastOrder);
            }
        }
    }

    private static String start(String text) {
        return text.codePointCount(0, text.length()) <= Ranked.TEXT_CHARACTERS
                ? text
                : text.substring(0, text.offsetByCodePoints(0, Ranked.TEXT_CHARACTERS));
    }

    /** A stream of which this task has rows at hand. */
    private static final class Stream {
        private final String key;
        private final StreamName name;
        /** Before the buffer's rows. */
        private StreamState state;
        /** After them. */
        private StreamState next;
        /** The tokens of the buffer's rows, {@code count} of them, and their NLLs. */
        private int[] tokens = new int[0];

        private int count;
        private double[] nll = new double[0];
        private Object lastOrder;
        private boolean isBegun;
        private long predicted;
        private double totalNll;

        Stream(String key, StreamName name, StreamState state) {
            this.key = key;
            this.name = name;
            this.state = state;
            next = state;
        }

        void append(int[] more) {
            if (count + more.length > tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(count + more.length, 2 * count));
            }
            System.arraycopy(more, 0, tokens, count, more.length);
            count += more.length;
        }

        int[] tokens() {
            return Arrays.copyOf(tokens, count);
        }

        void clear() {
            state = next;
            tokens = new int[0];
            count = 0;
            nll = new double[0];
        }
    }

    /** A row, and its numbers once they are known. */
    private static final class Scored {
        private final Row input;
        private final Stream stream;
        /** Its tokens' places among those of its stream in the buffer. */
        private int from;

        private int to;
        private long bytes;
        private RowScore score;
        private String error;
        private byte[] endState;

        Scored(Row input, Stream stream) {
            this.input = input;
            this.stream = stream;
        }
    }
}
