package io.sinkstream.rows;

/** A row of the slice at hand, and what becomes of it. */
final class RowInHand<R> {
    private final R row;
    private final OpenStream<R> stream;
    private final long time;
    private int[] tokens = Tokens.NONE;
    private byte[] order;
    private long textBytes;
    private boolean begins;
    private CacheUse caches = CacheUse.NONE;
    private RowOutcome outcome;

    /** @param stream null if it has no key */
    RowInHand(R row, OpenStream<R> stream, long time) {
        this.row = row;
        this.stream = stream;
        this.time = time;
    }

    R row() {
        return row;
    }

    OpenStream<R> stream() {
        return stream;
    }

    long time() {
        return time;
    }

    /**
     * A good row's.
     *
     * @param isFirst whether the tokens are those of a row that a stream begins with
     */
    void content(int[] ids, boolean isFirst, byte[] highestOrder, long bytes) {
        tokens = ids;
        order = highestOrder;
        textBytes = bytes;
        begins = isFirst;
    }

    int[] tokens() {
        return tokens;
    }

    /** Gives it the tokens that it has where it stands, in case it begins a stream after all, or does not. */
    void standAt(boolean start, RowReader<R> reader) throws BadRow {
        if (start != begins) {
            tokens = reader.tokens(row, start);
            begins = start;
        }
    }

    /** The highest order of its stream's rows up to this one. */
    byte[] order() {
        return order;
    }

    long textBytes() {
        return textBytes;
    }

    CacheUse caches() {
        return caches;
    }

    void caches(CacheUse use) {
        caches = use;
    }

    RowOutcome outcome() {
        return outcome;
    }

    void outcome(RowOutcome end) {
        outcome = end;
    }

    void bad(RowProblem problem, String message) {
        outcome = new RowOutcome.Bad(problem, message);
    }
}
