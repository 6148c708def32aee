package io.sinkstream.decoder;

import io.sinkstream.settings.NumberType;

/**
 * The number types that a decoder computes in.
 *
 * @param weights what the weights are rounded to
 * @param cache what keys and values are kept in: fp32 or bfloat16
 * @param weightBytes how much memory copies of the weights may take, in bytes; where they are mapped they take none
 * @param deterministic whether a row's numbers are the same to the last bit whatever else is in its pass, and however many
 *     threads it takes
 */
public record Numbers(NumberType weights, NumberType cache, long weightBytes, boolean deterministic) {
    /** fp32 throughout, without copies of fp32 weights. */
    public static final Numbers REFERENCE = new Numbers(NumberType.FLOAT32, NumberType.FLOAT32, 0);

    /** Numbers whose last bits may depend on what else is in a pass. */
    public Numbers(NumberType weights, NumberType cache, long weightBytes) {
        this(weights, cache, weightBytes, false);
    }

    /** The same, not depending on it. */
    public Numbers determined() {
        return new Numbers(weights, cache, weightBytes, true);
    }
}
