package io.sinkstream.cache;

/**
 * The rule of StreamingLLM (Xiao et al. 2023, arXiv 2309.17453, section 3.2): S sinks, a window of R, and positions that
 * count inside the cache.
 *
 * <h2>From positions in the cache to two distances</h2>
 *
 * The reference evicts after every token, keeping the first S and the last R, and numbers what is left from 0. At token
 * t (from 0, without end) the query therefore sees at most S + R + 1 keys: sink i &lt; S at place i, the window's tokens
 * max(S, t - R) .. t - 1, and itself at the last place, min(t, S + R). Rotary and ALiBi attention read nothing but the
 * difference of two places, which is
 *
 * <ul>
 *   <li>t - j for a window token j: both moved by the same number of evictions;
 *   <li>min(t, S + R) - i for sink i, which never moves while the query stops moving.
 * </ul>
 *
 * So window keys can be rotated once, at their absolute position j, and only the sinks need care. Their keys are stored
 * rotated to i - (S + R). A query with t at or above S + R then meets them <em>unrotated</em>, and an earlier one rotated
 * to t - (S + R); both leave min(t, S + R) - i.
 *
 * <h2>Slots</h2>
 *
 * A cache has three areas; S = 2, R = 3, after token 8 (window slots are R + 1, so token 8 wrote over token 4):
 *
 * <pre>
 *   slot      0   1 | 2   3 | 4   5   6   7
 *   holds    s0  s1 | s0' s1'| 6   7   8   5
 *            sinks  | copies | ring: token j in slot 2S + (j - first) mod (R + 1)
 * </pre>
 *
 * <ul>
 *   <li><b>sinks</b>: keys at i - (S + R); the masters, written once and never rotated in place, which would drift.
 *   <li><b>copies</b>: for a single query, which attends once over copies and ring, lying side by side: the masters
 *       rotated on by max(t, S + R), so that they stand at the right distance from a query rotated at t. Their values are
 *       the sinks' only values. Where keys stand in columns there are no copies, and the masters lie in the first area of the
 *       values, which is empty otherwise: see {@code udfs/RATIONALE.md}.
 *   <li><b>ring</b>: R + 1 slots, one more than the window, so that a token may be written before its pass has succeeded:
 *       it replaces token t - R - 1, which neither t nor any later query sees. For the same reason a cache can step back
 *       by one token. {@code first} is the first token the ring ever held: S, or later if the cache was rebuilt from a
 *       history that starts later; counting from it keeps the used slots of a ring that is not yet full in one piece.
 * </ul>
 *
 * <h2>Sinks that do not come along</h2>
 *
 * With {@link SinkDistance#GROWING} the queries never stop moving: sink i stands at t - i for ever. Nothing else changes, the
 * position at which queries come to {@link #rest} is just never reached.
 *
 * @param sinks S, at least 0
 * @param window R, at least 1
 * @param sinkDistance where sinks stand
 */
public record SinkWindow(int sinks, int window, SinkDistance sinkDistance) {
    /** Of queries that never come to rest: no stream is so long, and it is exact in double precision. */
    private static final long NEVER = 1L << 62;

    /** Checks the sizes; S + R + 1 must be an int. */
    public SinkWindow {
        if (sinks < 0 || window < 1 || 2L * sinks + window + 1 > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("sinks " + sinks + ", window " + window);
        }
    }

    /** The rule of StreamingLLM. */
    public SinkWindow(int sinks, int window) {
        this(sinks, window, SinkDistance.BOUNDED);
    }

    /** The position from which on a query stands still before the sinks: the query at t meets them from min(t, rest). */
    public long rest() {
        return sinkDistance == SinkDistance.GROWING ? NEVER : (long) sinks + window;
    }

    /** How many slots the ring has at most: R + 1. */
    public int ringSlots() {
        return window + 1;
    }

    /** Whether the query at {@code t} sees key {@code j}. */
    public boolean sees(long t, long j) {
        return j <= t && (j < sinks || j >= t - window);
    }

    /** How far key {@code j} stands from the query at {@code t} that sees it. */
    public long distance(long t, long j) {
        return (j < sinks ? Math.min(t, rest()) : t) - j;
    }

    /** Whether a query at {@code t} or later finds all sinks and meets their keys unrotated. */
    boolean settled(long t) {
        return t >= rest();
    }

    /**
     * Where a pass over tokens {@code start} .. {@code start + rows - 1} reads and writes.
     *
     * @param first the first token the ring ever held, at least S
     */
    ChunkPlan plan(long first, long start, int rows) {
        int slots = ringSlots();
        int heldSinks = (int) Math.min(start, sinks);
        int sinkRows = (int) Math.min(rows, Math.max(0, sinks - start));

        long from = Math.max(first, start - window);
        int held = (int) Math.max(0, start - from);
        int readSlot = held == 0 ? 0 : (int) ((from - first) % slots);
        int readStraight = Math.min(held, slots - readSlot);

        long end = start + rows;
        long writeFrom = Math.max(Math.max(start, first), end - slots);
        int written = (int) Math.max(0, end - writeFrom);
        int writeSlot = written == 0 ? 0 : (int) ((writeFrom - first) % slots);
        int writeStraight = Math.min(written, slots - writeSlot);

        int ringKeys = (int) Math.max(0, Math.min(start - first + 1, slots));
        return new ChunkPlan(
                rows,
                heldSinks,
                sinkRows,
                readSlot,
                readStraight,
                held - readStraight,
                (int) (writeFrom - start),
                writeSlot,
                writeStraight,
                written - writeStraight,
                sinkRows > 0 ? heldSinks + 1 : heldSinks + ringKeys,
                (int) (start % ChunkPlan.PLACES));
    }

    /** How many ring slots are in use once {@code end} tokens were run. */
    int usedRingSlots(long first, long end) {
        return (int) Math.max(0, Math.min(end - first, ringSlots()));
    }
}
