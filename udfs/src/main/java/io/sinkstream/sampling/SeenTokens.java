package io.sinkstream.sampling;

import java.util.Arrays;
import java.util.List;

/** The tokens that a stream's cache holds before the one that is chosen: the first S and the last R. */
final class SeenTokens {
    private final int window;
    private final int[] sinks;
    private int[] recent;
    private int from;
    private int to;
    private long end;

    /**
     * Those of a stream of {@code position} tokens.
     *
     * @param sinks S
     * @param window R
     * @param first the stream's first min(S, position)
     * @param last its last min(R, position)
     */
    SeenTokens(int sinks, int window, int[] first, long position, int[] last) {
        this.window = window;
        this.sinks = Arrays.copyOf(first, sinks);
        this.recent = last.clone();
        this.to = last.length;
        this.end = position;
    }

    SeenTokens copy() {
        return new SeenTokens(sinks.length, window, sinks, end, Arrays.copyOfRange(recent, from, to));
    }

    /** How many tokens the stream has. */
    long end() {
        return end;
    }

    void add(int token) {
        if (end < sinks.length) {
            sinks[(int) end] = token;
        }
        end++;
        if (to == recent.length) {
            // Moved once in a window's time.
            int[] moved = new int[2 * Math.max(8, Math.min(window, to - from + 8))];
            System.arraycopy(recent, from, moved, 0, to - from);
            to -= from;
            from = 0;
            recent = moved;
        }
        recent[to++] = token;
        from = Math.max(from, to - window);
    }

    /** Tokens that follow one another: one piece, or two if some are gone between sinks and window. */
    List<int[]> pieces() {
        long start = end - (to - from);
        int before = (int) Math.min(start, sinks.length);
        int[] last = Arrays.copyOfRange(recent, from, to);
        if (before == 0) {
            return List.of(last);
        }
        int[] first = Arrays.copyOf(sinks, before);
        return before == start ? List.of(joined(first, last)) : List.of(first, last);
    }

    /** All of them, in no order. */
    int[] all() {
        return pieces().stream().reduce(new int[0], SeenTokens::joined);
    }

    private static int[] joined(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
