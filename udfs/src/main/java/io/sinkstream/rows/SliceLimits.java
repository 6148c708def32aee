package io.sinkstream.rows;

/**
 * How much a slice of rows holds; the last row may go beyond.
 *
 * @param rows so many rows
 * @param tokens tokens of rows and of their continuations
 * @param bytes what rows take in memory
 */
record SliceLimits(int rows, long tokens, long bytes) {
    /** Enough that the last, half-filled pass of a slice costs little. */
    private static final int PASSES = 8;

    private static final int ROWS = 8_192;
    private static final long BYTES = 16L << 20;

    static SliceLimits of(int passTokens) {
        return new SliceLimits(ROWS, (long) PASSES * passTokens, BYTES);
    }

    /** Half a pass: with what is read ahead of it, a pass and a half. */
    SliceLimits least() {
        return new SliceLimits(rows, Math.max(1, tokens / (2 * PASSES)), bytes);
    }

    /** Twice the tokens, up to those of {@code most}. */
    SliceLimits doubled(SliceLimits most) {
        return new SliceLimits(rows, Math.min(2 * tokens, most.tokens), bytes);
    }

    boolean haveRoom(int taken, long takenTokens, long takenBytes) {
        return taken < rows && takenTokens < tokens && takenBytes < bytes;
    }
}
