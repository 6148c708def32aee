package io.sinkstream.stream;

/** A stream's state: tokens, a few bytes each, and never tensors. Immutable. */
public final class StreamState {
    private StreamState() {}

    /** How many tokens the stream has. */
    public long position() {
        throw new UnsupportedOperationException();
    }
}
