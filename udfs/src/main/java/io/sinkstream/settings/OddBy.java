package io.sinkstream.settings;

/** By which of a row's numbers it is odd. */
public enum OddBy {
    /** The mean NLL of its tokens, and a quarter of the largest. */
    COMBINED,
    /** The mean NLL of its tokens. */
    MEAN,
    /** The largest NLL of its tokens. */
    LARGEST,
    /** The mean NLL of its tokens, over that of its stream so far. */
    LEVEL,
    /** The NLL of its first three tokens. */
    BEGINNING
}
