package io.sinkstream.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * One stream's keys and values, in one tensor of shape layers x 2 x heads x slots x head size (see {@link SinkWindow} for
 * the slots), and its epoch: up to which position it holds what was run, and the hash of the tokens that led there.
 *
 * <p>Not thread-safe: one holder at a time, which {@link CachePool} sees to. Owns native memory; closed by the pool, or
 * by whoever opened it outside one.
 */
public final class KeyValueCache implements AutoCloseable {
    private final CacheShape shape;
    private final NDManager parent;
    private NDManager manager;
    private NDArray tensor;
    private int ringSlots;
    private long first;
    private long end;
    private long hash;
    private long leased = Long.MAX_VALUE;

    /** An empty cache. Its native memory is a child of {@code parent}'s, and freed by {@link #close}. */
    public KeyValueCache(NDManager parent, CacheShape shape) {
        this.shape = shape;
        this.parent = parent;
        this.first = shape.rule().sinks();
        this.ringSlots = shape.pages(0);
        this.manager = parent.newSubManager();
        this.tensor = manager.zeros(shape.tensor(ringSlots), shape.type());
    }

    /** Layers x 2 x heads x slots x head size, written in place by the decoder. Valid until the next {@link #reserve}. */
    public NDArray tensor() {
        return tensor;
    }

    /** How many tokens were run: the epoch's position. */
    public long end() {
        return end;
    }

    /** The hash of the tokens that were run: the epoch's other half. */
    public long hash() {
        return hash;
    }

    /** The native bytes held. */
    public long bytes() {
        return shape.bytes(ringSlots);
    }

    /** Says how many tokens the stream will have while it is held: beyond what they need it does not grow. */
    void lease(long tokens) {
        leased = tokens;
    }

    /** Makes room for {@code rows} more tokens and plans the pass that runs them. Changes nothing that is valid. */
    public ChunkPlan reserve(int rows) {
        int needed = shape.rule().usedRingSlots(first, end + rows);
        if (needed > ringSlots) {
            // Twice as large at least, so that a stream that grows token by token copies each slot about twice; but no
            // larger than the pool counts with.
            int doubled = (int) Math.min(shape.rule().ringSlots(), 2L * ringSlots);
            grow(shape.pages(Math.max(needed, Math.min(doubled, shape.rule().usedRingSlots(first, leased)))));
        }
        return shape.rule().plan(first, end, rows);
    }

    private void grow(int slots) {
        NDManager larger = parent.newSubManager();
        try {
            NDArray added;
            try (NDManager scratch = larger.newSubManager()) {
                NDArray pages = scratch.zeros(
                        new Shape(shape.layers(), 2, shape.heads(), slots - ringSlots, shape.headSize()), shape.type());
                added = tensor.concat(pages, 3);
                added.attach(larger);
            }
            manager.close();
            manager = larger;
            tensor = added;
            ringSlots = slots;
        } catch (RuntimeException | Error e) {
            larger.close();
            throw e;
        }
    }

    /** Whether the next {@code rows} tokens include one whose sinks are not settled: see {@link SinkWindow}. */
    public boolean unsettled() {
        return !shape.rule().settled(end);
    }

    /** Records that {@code rows} tokens were run, which led to {@code hash}. */
    public void advance(int rows, long hash) {
        this.end += rows;
        this.hash = hash;
    }

    /**
     * Takes back the last token that was run, whose predecessors led to {@code hash}: its slot is written again when it,
     * or another, is run. Only one step is possible: the slot before it is not held twice.
     */
    public void stepBack(long hash) {
        this.end -= 1;
        this.hash = hash;
    }

    /**
     * Leaves the sinks in place and goes on at {@code position}, as if nothing were between: what a rebuild from a history
     * that starts there does.
     */
    public void skipTo(long position) {
        if (end != shape.rule().sinks() || position < end) {
            throw new IllegalStateException("a cache of " + end + " tokens cannot skip to " + position);
        }
        first = position;
        end = position;
    }

    /** Forgets everything but keeps the memory. */
    public void clear() {
        first = shape.rule().sinks();
        end = 0;
        hash = 0;
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        manager.close();
    }
}
