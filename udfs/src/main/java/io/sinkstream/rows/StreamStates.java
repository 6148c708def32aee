package io.sinkstream.rows;

/** Where the states of streams are kept. */
public interface StreamStates {
    /** The stream of this key, as it was left; without tokens if it is new. */
    KeptStream open(String key) throws BrokenState;
}
