package io.sinkstream.cache;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * How large a model's caches are.
 *
 * @param rule S and R
 * @param layers L
 * @param heads key/value heads of a layer
 * @param headSize numbers of a key, and of a value
 * @param type the number type
 */
public record CacheShape(SinkWindow rule, int layers, int heads, int headSize, DataType type) {

    /**
     * The ring grows by pages of this many slots, so that short streams are small; a page of a 162M Llama is 4.7 MB in
     * fp32, small beside a pass's activations.
     */
    static final int PAGE = 64;

    /** Bytes of a cache with {@code ringSlots} slots in its ring. */
    long bytes(int ringSlots) {
        return 2L * layers * heads * headSize * type.getNumOfBytes() * (2L * rule.sinks() + ringSlots);
    }

    /** Bytes of the cache of a stream of {@code tokens} tokens. */
    public long bytesFor(long tokens) {
        return bytes(pages(rule.usedRingSlots(rule.sinks(), tokens)));
    }

    /** The ring's slots, at least {@code used}: whole pages, but never more than R + 1. */
    int pages(int used) {
        long whole = Math.max(1, ((long) used + PAGE - 1) / PAGE) * PAGE;
        return (int) Math.min(whole, rule.ringSlots());
    }

    /** The tensor's shape: layers, key and value, heads, slots, head size. */
    Shape tensor(int ringSlots) {
        return new Shape(layers, 2, heads, 2L * rule.sinks() + ringSlots, headSize);
    }
}
