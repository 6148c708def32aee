package io.sinkstream.decoder;

import io.sinkstream.settings.NumberType;

/**
 * The number types that a decoder computes in.
 *
 * @param weights what the weights are rounded to
 * @param cache what keys and values are kept in: fp32 or bfloat16
 * @param weightBytes how much memory copies of the weights may take, in bytes; where they are mapped they take none
 */
public record Numbers(NumberType weights, NumberType cache, long weightBytes) {
    /** fp32 throughout, without copies of fp32 weights. */
    public static final Numbers REFERENCE = new Numbers(NumberType.FLOAT32, NumberType.FLOAT32, 0);
}
