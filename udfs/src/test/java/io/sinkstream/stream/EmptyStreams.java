package io.sinkstream.stream;

/** States for tests of other packages that run no model. */
public final class EmptyStreams {
    private EmptyStreams() {}

    /** A stream without tokens, of S = {@code sinks} and so many tokens of history. */
    public static StreamState of(int sinks, long history) {
        return StreamState.empty(sinks, history);
    }
}
