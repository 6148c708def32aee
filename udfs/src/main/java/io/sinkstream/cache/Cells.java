package io.sinkstream.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Makes the tensors of caches: of the model's number type, on its device, and writable by its passes. */
@FunctionalInterface
public interface Cells {
    /** An array of zeros that {@code owner} owns. */
    NDArray zeros(NDManager owner, Shape shape);
}
