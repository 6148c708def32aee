package io.sinkstream.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Makes the tensors of caches: as the model's passes read and write them, and on its device. */
public interface Cells {
    /** A tensor for so many layers that holds nothing yet; {@code owner} owns it. */
    NDArray empty(NDManager owner, int layers, int slots);

    /** A copy of such a tensor with more slots behind its own; {@code owner} owns it. */
    NDArray grown(NDManager owner, NDArray cells, int slots);
}
