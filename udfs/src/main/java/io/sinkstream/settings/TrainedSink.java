package io.sinkstream.settings;

/**
 * What a model is trained to leave attention at that has nowhere to go (Xiao et al. 2023, arXiv 2309.17453, section 3.3).
 */
public enum TrainedSink {
    /** Nothing is made for it: the model finds tokens of its own. */
    NONE,
    /** A logit of 0 in every head's denominator, SoftMax1. */
    ZERO,
    /** One trained token in front of every sample, and later of every stream, where it stands in S. */
    LEARNABLE,
    /** A trained logit in each head's denominator, as gpt-oss has it. */
    HEAD
}
