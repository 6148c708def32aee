package io.sinkstream.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * The keys and values of one group of layers, in one tensor; {@link SinkWindow} says what the slots are, and {@link Cells} knows
 * where they lie.
 */
final class Ring implements AutoCloseable {
    private final CacheShape shape;
    private final LayerGroup group;
    private final NDManager parent;
    private final Cells cells;
    private NDManager manager;
    private NDArray tensor;
    private int slots;
    /** The first token that the ring ever held. */
    private long first;

    Ring(NDManager parent, CacheShape shape, LayerGroup group, Cells cells) {
        this.shape = shape;
        this.group = group;
        this.parent = parent;
        this.cells = cells;
        this.first = group.rule().sinks();
        this.slots = CacheShape.pages(group, 0);
        this.manager = parent.newSubManager();
        this.tensor = cells.empty(manager, group.layers(), slots());
    }

    NDArray tensor() {
        return tensor;
    }

    long bytes() {
        return shape.bytes(group, slots);
    }

    long layerBytes() {
        return bytes() / group.layers();
    }

    /** Of the tensor: those of the ring, and the sinks' twice. */
    int slots() {
        return 2 * group.rule().sinks() + slots;
    }

    /** Makes room for the tokens from {@code start} to {@code end} and plans the pass that runs them. */
    ChunkPlan reserve(long start, long end, long leased) {
        int needed = group.rule().usedRingSlots(first, end);
        if (needed > slots) {
            // Twice as large at least, so that a stream that grows token by token copies each slot about twice; but no
            // larger than the pool counts with.
            int doubled = (int) Math.min(group.rule().ringSlots(), 2L * slots);
            grow(CacheShape.pages(
                    group, Math.max(needed, Math.min(doubled, group.rule().usedRingSlots(first, leased)))));
        }
        return group.rule().plan(first, start, (int) (end - start));
    }

    private void grow(int larger) {
        NDManager next = parent.newSubManager();
        try {
            NDArray added = cells.grown(next, tensor, 2 * group.rule().sinks() + larger);
            manager.close();
            manager = next;
            tensor = added;
            slots = larger;
        } catch (RuntimeException | Error e) {
            next.close();
            throw e;
        }
    }

    /** Goes on at {@code position} as if nothing were between its sinks and that. */
    void skipTo(long position) {
        first = position;
    }

    void clear() {
        first = group.rule().sinks();
    }

    @Override
    public void close() {
        manager.close();
    }
}
