package io.sinkstream.settings;

/** What a model is trained to tell. */
public enum Objective {
    /** The next token, from those before it: a decoder. */
    CAUSAL,
    /** Tokens that are hidden, from those on both sides (Devlin et al. 2018, arXiv 1810.04805): an encoder. */
    MASKED
}
