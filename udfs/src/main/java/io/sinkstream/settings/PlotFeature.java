package io.sinkstream.settings;

/** What a plot of experiments shows over the length of the input. */
public enum PlotFeature {
    /** The natural logarithm of the perplexity of all tokens so far. */
    PERPLEXITY,
    /** Memory of the GPU, GiB. */
    VRAM,
    /** Seconds a token. */
    LATENCY
}
