package io.sinkstream.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Caches of fp32 for tests that run no model: layers, keys and values, heads, slots, head size.
 *
 * @param shape what they are cells of
 */
public record ZeroCells(CacheShape shape) implements Cells {
    @Override
    public NDArray empty(NDManager owner, int layers, int slots) {
        return owner.zeros(new Shape(layers, 2, shape.heads(), slots, shape.headSize()));
    }

    @Override
    public NDArray grown(NDManager owner, NDArray cells, int slots) {
        NDArray more = empty(
                owner,
                (int) cells.getShape().get(0),
                slots - (int) cells.getShape().get(3));
        NDArray both = cells.concat(more, 3);
        more.close();
        both.attach(owner);
        return both;
    }
}
