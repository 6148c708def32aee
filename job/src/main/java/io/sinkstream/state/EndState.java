package io.sinkstream.state;

import io.sinkstream.rows.StreamEnd;
import java.io.Serializable;

/** Makes bytes of a stream's state at its end, to go on with in another run. */
public interface EndState extends Serializable {
    /** The column that holds the bytes, in the row of each stream that comes out last; null in all others. */
    String COLUMN = "__sinkstream_state";

    /** The bytes. */
    byte[] bytes(StreamEnd end);

    /**
     * The same state, of a stream whose rows before come to so much more.
     *
     * @param predicted how many tokens of those rows were predicted
     * @param nll their NLL, nats
     */
    byte[] behind(byte[] state, long predicted, double nll);
}
