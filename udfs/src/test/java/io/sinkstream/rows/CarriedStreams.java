package io.sinkstream.rows;

import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** States that are carried from one engine to the next, as a state store's are from one micro-batch to the next. */
final class CarriedStreams implements StreamStates {
    private final Map<String, Carried> saved = new HashMap<>();
    private final Set<String> broken = new HashSet<>();
    private final StreamState start;
    private int histories;

    private record Carried(StreamState state, StreamTotals totals) {}

    CarriedStreams(StreamState start) {
        this.start = start;
    }

    /** How often a whole history was read. */
    int histories() {
        return histories;
    }

    StreamTotals totals(String key) {
        return saved.get(key).totals();
    }

    StreamState state(String key) {
        return saved.get(key).state();
    }

    void breaks(String key) {
        broken.add(key);
    }

    @Override
    public KeptStream open(String key) throws BrokenState {
        if (broken.contains(key)) {
            throw new BrokenState("its bytes are none", null);
        }
        return new Stream(key, saved.getOrDefault(key, new Carried(start, StreamTotals.NONE)));
    }

    private final class Stream implements KeptStream {
        private final String key;
        private Carried carried;
        private boolean isChanged;

        Stream(String key, Carried carried) {
            this.key = key;
            this.carried = carried;
        }

        @Override
        public StreamTotals totals() {
            return carried.totals();
        }

        @Override
        public long position() {
            return carried.state().position();
        }

        @Override
        public StreamState state() {
            return carried.state();
        }

        @Override
        public StreamState whole() {
            histories++;
            return carried.state();
        }

        @Override
        public int[] last(int count) {
            return carried.state().last(count);
        }

        @Override
        public StreamName name() {
            return new StreamName("carried", key);
        }

        @Override
        public void finishing() {
            // More may come with another engine.
        }

        @Override
        public void advance(int[] tokens, StreamState after, StreamTotals totals) {
            carried = new Carried(after, totals);
            isChanged = true;
        }

        @Override
        public void spoilt() {
            // There is no cache.
        }

        @Override
        public void passOver(byte[] order) {
            carried = new Carried(carried.state(), carried.totals().withLastOrder(order));
            isChanged = true;
        }

        @Override
        public void save() {
            if (isChanged) {
                saved.put(key, carried);
            }
        }

        @Override
        public StreamEnd end() {
            return null;
        }
    }
}
