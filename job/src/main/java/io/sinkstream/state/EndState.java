package io.sinkstream.state;

import io.sinkstream.rows.StreamEnd;
import java.io.Serializable;

/** Makes bytes of a stream's state at its end, to go on with in another run. */
@FunctionalInterface
public interface EndState extends Serializable {
    /** The column that holds the bytes, in the row of each stream that comes out last; null in all others. */
    String COLUMN = "__sinkstream_state";

    /** The bytes. */
    byte[] bytes(StreamEnd end);
}
