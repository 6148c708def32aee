package io.sinkstream.settings;

/** By what streams, or windows of their rows, are odd as a whole. */
public enum StreamsBy {
    /** The smallest p-value of their rows, times the number of these: Bonferroni's rule. */
    ROWS,
    /** The largest surprise of their rows, beside that of ordinary ones. */
    LARGEST,
    /** Their perplexity, beside that of ordinary ones. */
    PERPLEXITY
}
