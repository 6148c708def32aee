package io.sinkstream.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Where a decoder's weights come from. */
@FunctionalInterface
public interface WeightSource {
    /** Loads one weight in its shape, as fp32, into {@code owner}. */
    NDArray load(Weight weight, NDManager owner);
}
