package io.sinkstream.settings;

/** What becomes of a row whose order is at or below its stream's last. */
public enum LateRows {
    /** It comes out with an error and is not scored. */
    ERROR,
    /** It does not come out; it is only counted. */
    DROP,
    /** It is taken as it comes. */
    SCORE
}
