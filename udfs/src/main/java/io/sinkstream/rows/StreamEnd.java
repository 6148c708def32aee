package io.sinkstream.rows;

import io.sinkstream.stream.StreamState;

/**
 * A stream after its last row.
 *
 * @param state its tokens
 * @param totals its numbers
 */
public record StreamEnd(StreamState state, StreamTotals totals) {}
