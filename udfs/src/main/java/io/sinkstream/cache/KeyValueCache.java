package io.sinkstream.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;

/**
 * One stream's keys and values, in a tensor for each group of layers, and its epoch: up to which position it holds what
 * was run, and the hash of the tokens that led there.
 *
 * <p>Not thread-safe: one holder at a time, which {@link CachePool} sees to. Owns native memory; closed by the pool, or
 * by whoever opened it outside one.
 */
public final class KeyValueCache implements AutoCloseable {
    private final List<Ring> rings = new ArrayList<>();
    private final SinkWindow rule;
    private long end;
    private long hash;
    private long leased = Long.MAX_VALUE;
    /** Null until somebody wants them. */
    private HiddenStates hidden;

    /** An empty cache. Its native memory is a child of {@code parent}'s, and freed by {@link #close}. */
    public KeyValueCache(NDManager parent, CacheShape shape, Cells cells) {
        this.rule = shape.rule();
        try {
            for (LayerGroup group : shape.groups()) {
                rings.add(new Ring(parent, shape, group, cells));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /**
     * For each group what {@link Cells} made, written in place by the decoder. Valid until the next {@link #reserve}.
     */
    public List<NDArray> tensors() {
        return rings.stream().map(Ring::tensor).toList();
    }

    /** The slots of each group's tensor. */
    public List<Integer> slots() {
        return rings.stream().map(Ring::slots).toList();
    }

    /** The native bytes of a layer, of the group where they are most. */
    public long layerBytes() {
        return rings.stream().mapToLong(Ring::layerBytes).max().orElseThrow();
    }

    /** How many tokens were run: the epoch's position. */
    public long end() {
        return end;
    }

    /** The hash of the tokens that were run: the epoch's other half. */
    public long hash() {
        return hash;
    }

    /** Forgets hidden states: its tokens will be run by somebody who does not put theirs there. */
    public void dropHidden() {
        hidden = null;
    }

    /** The native bytes held, and those of hidden states. */
    public long bytes() {
        return rings.stream().mapToLong(Ring::bytes).sum() + (hidden == null ? 0 : hidden.bytes());
    }

    /**
     * The hidden states of the tokens that it holds, as far as whoever ran them put them there. In the JVM's memory.
     */
    public HiddenStates hidden() {
        if (hidden == null) {
            hidden = new HiddenStates(rule);
        }
        return hidden;
    }

    /** Whether they are those of all tokens that the next one sees. */
    public boolean hasHidden() {
        return end == 0 || (hidden != null && hidden.end() >= end);
    }

    /** Says how many tokens the stream will have while it is held: beyond what they need it does not grow. */
    void lease(long tokens) {
        leased = tokens;
    }

    /**
     * Makes room for {@code rows} more tokens and plans the pass that runs them, for each group. Changes nothing that is
     * valid.
     */
    public List<ChunkPlan> reserve(int rows) {
        return rings.stream().map(ring -> ring.reserve(end, end + rows, leased)).toList();
    }

    /** Whether the next {@code rows} tokens include one whose sinks are not settled: see {@link SinkWindow}. */
    public boolean unsettled() {
        return !rule.settled(end);
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
        if (end != rule.sinks() || position < end) {
            throw new IllegalStateException("a cache of " + end + " tokens cannot skip to " + position);
        }
        rings.forEach(ring -> ring.skipTo(position));
        end = position;
    }

    /** Forgets everything but keeps the memory. */
    public void clear() {
        rings.forEach(Ring::clear);
        hidden = null;
        end = 0;
        hash = 0;
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        rings.forEach(Ring::close);
    }
}
