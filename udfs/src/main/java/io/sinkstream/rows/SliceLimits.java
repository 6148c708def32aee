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

    boolean haveRoom(int taken, long takenTokens, long takenBytes) {
        return taken < rows && takenTokens < tokens && takenBytes < bytes;
    }
}
