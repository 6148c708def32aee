package io.sinkstream.streaming;

import io.sinkstream.rows.BrokenState;
import io.sinkstream.rows.KeptStream;
import io.sinkstream.rows.StreamEnd;
import io.sinkstream.rows.StreamStates;
import io.sinkstream.rows.StreamTotals;
import io.sinkstream.state.StreamHead;
import io.sinkstream.state.StreamStore;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** The streams of one bucket. What is read of a stream is its head; its history only if its cache is gone. */
final class BucketStreams implements StreamStates {
    private final StreamStore store;
    private final StreamModel model;
    private final String query;

    /** @param query under whose name caches are kept */
    BucketStreams(StreamStore store, StreamModel model, String query) {
        this.store = store;
        this.model = model;
        this.query = query;
    }

    @Override
    public KeptStream open(String key) throws BrokenState {
        try {
            return new Stored(key, store.read(key));
        } catch (UncheckedIOException e) {
            throw broken(e);
        }
    }

    private static BrokenState broken(Exception cause) {
        return new BrokenState("the stream's stored state is broken: " + cause.getMessage(), cause);
    }

    private final class Stored implements KeptStream {
        private final String key;
        private final StreamName name;
        private StreamHead head;
        private boolean isChanged;

        Stored(String key, StreamHead head) {
            this.key = key;
            this.name = new StreamName(query, key);
            this.head = head;
        }

        @Override
        public StreamTotals totals() {
            return head.totals();
        }

        @Override
        public long position() {
            return head.position();
        }

        @Override
        public StreamState state() throws BrokenState {
            return resume(head.tail(), false);
        }

        @Override
        public StreamState whole() throws BrokenState {
            try {
                return resume(store.history(key, head), true);
            } catch (UncheckedIOException e) {
                throw broken(e);
            }
        }

        private StreamState resume(int[] last, boolean isWhole) throws BrokenState {
            if (head.position() == 0) {
                return model.start();
            }
            try {
                return model.resume(head.sinks(), head.position(), head.hash(), last, isWhole);
            } catch (IllegalArgumentException e) {
                throw broken(e);
            }
        }

        @Override
        public int[] last(int count) {
            int[] tail = head.tail();
            return Arrays.copyOfRange(tail, Math.max(0, tail.length - count), tail.length);
        }

        @Override
        public StreamName name() {
            return name;
        }

        @Override
        public void finishing() {
            // More may come with the next micro-batch.
        }

        @Override
        public void advance(int[] tokens, StreamState after, StreamTotals totals) {
            head = store.append(key, head.with(totals), tokens, after.sinks(), after.hash());
            isChanged = true;
        }

        @Override
        public void spoilt() {
            model.forget(name);
        }

        @Override
        public void passOver(byte[] order) {
            head = head.with(head.totals().withLastOrder(order));
            isChanged = true;
        }

        @Override
        public void save() {
            if (isChanged) {
                store.write(key, head);
                isChanged = false;
            }
        }

        @Override
        public StreamEnd end() {
            return null;
        }
    }
}
