package io.sinkstream.rows;

import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * States of streams that begin and end with the rows at hand. A stream's cache is kept only while more updates of it come;
 * {@link #close} frees what is left, whatever became of the streams.
 */
public final class MemoryStreams implements StreamStates, AutoCloseable {
    private final Supplier<StreamState> start;
    private final Consumer<StreamName> forget;
    private final String query;
    private final Set<StreamName> cached = new HashSet<>();
    private final Map<String, StreamEnd> begun = new HashMap<>();

    /**
     * States of streams of this model.
     *
     * @param query under whose name caches are kept
     */
    public MemoryStreams(StreamModel model, String query) {
        this(model::start, model::forget, query);
    }

    MemoryStreams(Supplier<StreamState> start, Consumer<StreamName> forget, String query) {
        this.start = start;
        this.forget = forget;
        this.query = query;
    }

    @Override
    public KeptStream open(String key) {
        StreamEnd before = begun.remove(key);
        return before == null
                ? new MemoryStream(new StreamName(query, key), start.get(), StreamTotals.NONE)
                : new MemoryStream(new StreamName(query, key), before.state(), before.totals());
    }

    /** Has the stream that is opened next under this key go on from here. */
    public void goOn(String key, StreamEnd before) {
        begun.put(key, before);
    }

    /** Frees the caches of streams that have not ended. */
    @Override
    public void close() {
        cached.forEach(forget);
        cached.clear();
    }

    private final class MemoryStream implements KeptStream {
        private final StreamName name;
        private StreamState state;
        private StreamTotals totals;
        private boolean isFinishing;
        private boolean hasGoodRows;

        MemoryStream(StreamName name, StreamState state, StreamTotals totals) {
            this.name = name;
            this.state = state;
            this.totals = totals;
        }

        @Override
        public StreamTotals totals() {
            return totals;
        }

        @Override
        public long position() {
            return state.position();
        }

        @Override
        public StreamState state() {
            return state;
        }

        @Override
        public StreamState whole() {
            return state;
        }

        @Override
        public int[] last(int count) {
            return state.last(count);
        }

        @Override
        public StreamName name() {
            if (!isFinishing) {
                cached.add(name);
            }
            // Rows that are run again come after the last update after all.
            isFinishing = false;
            // What is kept already is there to be used once more.
            return cached.contains(name) ? name : null;
        }

        @Override
        public void finishing() {
            isFinishing = true;
        }

        @Override
        public void advance(int[] tokens, StreamState after, StreamTotals next) {
            state = after;
            totals = next;
            hasGoodRows = true;
        }

        @Override
        public void spoilt() {
            if (cached.remove(name)) {
                forget.accept(name);
            }
        }

        @Override
        public void passOver(byte[] order) {
            totals = totals.withLastOrder(order);
        }

        @Override
        public void save() {
            // The state is here for as long as it is wanted.
        }

        @Override
        public StreamEnd end() {
            if (cached.remove(name)) {
                forget.accept(name);
            }
            return hasGoodRows ? new StreamEnd(state, totals) : null;
        }
    }
}
