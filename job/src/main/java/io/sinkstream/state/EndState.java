package io.sinkstream.state;

import io.sinkstream.stream.StreamState;
import java.io.Serializable;

/** Makes bytes of a stream's state at its end, to go on with in another run. */
@FunctionalInterface
public interface EndState extends Serializable {
    /** The column that holds the bytes, in the row of each stream that comes out last; null in all others. */
    String COLUMN = "__sinkstream_state";

    /**
     * The bytes.
     *
     * @param predicted how many tokens were predicted, with {@code nll} nats in all
     * @param lastOrder the order of the last good row; null if rows have none
     */
    byte[] bytes(StreamState state, long predicted, double nll, Object lastOrder);
}
