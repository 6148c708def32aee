package io.sinkstream.cache;

import io.sinkstream.settings.NumberType;
import java.util.List;

/**
 * How large a model's caches are.
 *
 * @param rule S and R of the streams
 * @param groups the layers, by what they keep
 * @param heads key/value heads of a layer
 * @param headSize numbers of a key, and of a value
 * @param extra numbers of a layer's slot beside its keys and values
 * @param type the number type
 */
public record CacheShape(
        SinkWindow rule, List<LayerGroup> groups, int heads, int headSize, int extra, NumberType type) {

    /**
     * A ring grows by pages of this many slots, so that short streams are small; a page is small beside a pass's activations.
     */
    static final int PAGE = 64;

    /** Copies the list. */
    public CacheShape {
        groups = List.copyOf(groups);
    }

    /** Bytes of a group's tensor with {@code ringSlots} slots in its ring. */
    long bytes(LayerGroup group, int ringSlots) {
        long numbers = 2L * heads * headSize + extra;
        return numbers * group.layers() * type.bytes() * (2L * group.rule().sinks() + ringSlots);
    }

    /** Bytes of the cache of a stream of {@code tokens} tokens. */
    public long bytesFor(long tokens) {
        return groups.stream()
                .mapToLong(group -> bytes(
                        group,
                        pages(group, group.rule().usedRingSlots(group.rule().sinks(), tokens))))
                .sum();
    }

    /** A ring's slots, at least {@code used}: whole pages, but never more than R + 1. */
    static int pages(LayerGroup group, int used) {
        long whole = Math.max(1, ((long) used + PAGE - 1) / PAGE) * PAGE;
        return (int) Math.min(whole, group.rule().ringSlots());
    }
}
