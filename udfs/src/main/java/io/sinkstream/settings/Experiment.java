package io.sinkstream.settings;

/** What a model sees of a text while its perplexity is measured. */
public enum Experiment {
    /** S sinks and a window of R, positions inside the cache: the rule of StreamingLLM. */
    ATTENTION_SINKS,
    /** All tokens before: dense attention, which grows with the text. */
    TRANSFORMERS,
    /** The last S + R tokens, whose keys and values are kept. */
    WINDOWED,
    /** The last S + R + 1 tokens, run anew for each prediction. */
    RECOMPUTATION,
    /** S sinks and a window of R, all at their positions in the text, so that the sinks fall behind. */
    ABSOLUTE
}
