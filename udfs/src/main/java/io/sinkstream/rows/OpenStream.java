package io.sinkstream.rows;

import java.util.ArrayDeque;
import java.util.Deque;

/** A stream of which rows are at hand. */
final class OpenStream<R> {
    private final String key;
    private final String chance;
    private final KeptStream kept;
    private final Deque<RowInHand<R>> waiting = new ArrayDeque<>();
    private BrokenState broken;
    /** The highest order of its rows so far, those that wait among them. */
    private byte[] order;

    /** Whether its rows are run one by one: one of them gave a number that is not finite. */
    private boolean isCareful;

    /** Whether no more rows of it come. */
    private boolean isLast;

    /** Whether the model has some of its rows. */
    private boolean isUnderWay;

    private OpenStream(String key, String chance, KeptStream kept, BrokenState broken) {
        this.key = key;
        this.chance = chance;
        this.kept = kept;
        this.broken = broken;
        order = kept == null ? null : kept.totals().lastOrder();
    }

    /** @param chance what its draws depend on beside the seed */
    static <R> OpenStream<R> of(String key, String chance, StreamStates states) {
        try {
            return new OpenStream<>(key, chance, states.open(key), null);
        } catch (BrokenState e) {
            return new OpenStream<>(key, chance, null, e);
        }
    }

    String key() {
        return key;
    }

    String chance() {
        return chance;
    }

    KeptStream kept() {
        return kept;
    }

    Deque<RowInHand<R>> waiting() {
        return waiting;
    }

    byte[] order() {
        return order;
    }

    void order(byte[] highest) {
        order = highest;
    }

    void broke(BrokenState problem) {
        broken = problem;
    }

    /** Throws BadRow if what is stored of it can't be gone on with. */
    void check() throws BadRow {
        if (broken != null) {
            throw new BadRow(RowProblem.BROKEN_STATE, broken.getMessage());
        }
    }

    boolean isCareful() {
        return isCareful;
    }

    void takeCare() {
        isCareful = true;
    }

    boolean isUnderWay() {
        return isUnderWay;
    }

    void underWay(boolean now) {
        isUnderWay = now;
    }

    boolean isLast() {
        return isLast;
    }

    void last() {
        isLast = true;
    }

    void save() {
        isCareful = false;
        if (kept != null && broken == null) {
            kept.save();
        }
    }

    StreamEnd end() {
        return kept == null ? null : kept.end();
    }
}
