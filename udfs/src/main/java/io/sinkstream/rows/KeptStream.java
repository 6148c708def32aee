package io.sinkstream.rows;

import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;

/** A stream, as the engine reads and advances it. All calls come from the thread that takes the engine's results. */
public interface KeptStream {
    /** Its numbers so far. */
    StreamTotals totals();

    /** How many tokens it has. */
    long position();

    /** Its tokens, or as many of the last ones as are at hand. */
    StreamState state() throws BrokenState;

    /** Its tokens with all the history that is kept: asked only if the model finds no cache of the stream. */
    StreamState whole() throws BrokenState;

    /** Its last tokens, up to {@code count} of them, at most {@value ContinuationText#CONTEXT}. */
    int[] last(int count);

    /** Under which name its cache is kept from the next update to the one after it; null for no cache. */
    StreamName name();

    /** Says that the next update is the last one. */
    void finishing();

    /**
     * Goes on.
     *
     * @param tokens what was added
     * @param after the stream with these tokens, from {@link #state} or {@link #whole} and the model
     * @param totals with the rows that they are of
     */
    void advance(int[] tokens, StreamState after, StreamTotals totals);

    /** Its cache is not to be used again, not even its memory: it may hold numbers that are not finite. */
    void spoilt();

    /** Takes note of a row that has an order and changes nothing else. */
    void passOver(byte[] order);

    /** Keeps what has become of the stream: more rows of it may come, or none. */
    void save();

    /** No more rows of it come. Returns what is to be told of that beside its last row, or null. */
    StreamEnd end();
}
