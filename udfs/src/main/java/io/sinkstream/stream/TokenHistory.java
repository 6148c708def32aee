package io.sinkstream.stream;

import java.util.Arrays;

/**
 * The last tokens of a stream, oldest first. Immutable; histories that follow one another share their full blocks, so a
 * short row costs a block and not the whole history.
 */
final class TokenHistory {
    static final int BLOCK = 256;
    static final TokenHistory EMPTY = new TokenHistory(new int[0][], 0, 0);

    private final int[][] blocks;
    /** Where the oldest token stands in the first block. */
    private final int offset;

    private final int size;

    private TokenHistory(int[][] blocks, int offset, int size) {
        this.blocks = blocks;
        this.offset = offset;
        this.size = size;
    }

    int size() {
        return size;
    }

    /** The last {@code count} tokens. */
    int[] last(int count) {
        int[] tokens = new int[count];
        int from = offset + size - count;
        for (int done = 0; done < count; ) {
            int place = from + done;
            int n = Math.min(BLOCK - place % BLOCK, count - done);
            System.arraycopy(blocks[place / BLOCK], place % BLOCK, tokens, done, n);
            done += n;
        }
        return tokens;
    }

    /** This history and then {@code tokens}, of which at least the last {@code keep} stay: whole blocks are dropped. */
    TokenHistory append(int[] tokens, long keep) {
        if (tokens.length == 0) {
            return this;
        }
        int end = offset + size;
        int total = Math.addExact(end, tokens.length);
        int[][] all = Arrays.copyOf(blocks, (total + BLOCK - 1) / BLOCK);
        for (int done = 0; done < tokens.length; ) {
            int place = end + done;
            int block = place / BLOCK;
            // The last block may be shared with an older history, which others may still continue.
            all[block] = place % BLOCK == 0 ? new int[BLOCK] : done == 0 ? all[block].clone() : all[block];
            int n = Math.min(BLOCK - place % BLOCK, tokens.length - done);
            System.arraycopy(tokens, done, all[block], place % BLOCK, n);
            done += n;
        }
        int kept = (int) Math.min(keep, total - offset);
        int dropped = (total - kept) / BLOCK;
        int[][] rest = dropped == 0 ? all : Arrays.copyOfRange(all, dropped, all.length);
        return new TokenHistory(rest, total - kept - dropped * BLOCK, kept);
    }
}
