package io.sinkstream.settings;

/** Which streams the tokens of one training sample may be of. */
public enum Packing {
    /** All: they stand one behind another, and samples are cut wherever it is. */
    ACROSS,
    /** One: each stream begins a sample, and what fills none at its end is left out. */
    WITHIN
}
