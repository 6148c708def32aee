package io.sinkstream.rows;

import java.util.Arrays;

/** Arrays of token ids. */
final class Tokens {
    static final int[] NONE = new int[0];

    private Tokens() {}

    /** What a stream begins with that is {@code front} and then {@code tokens}: no second one where they begin with it themselves. */
    static int[] front(int[] front, int[] tokens) {
        boolean isThere =
                tokens.length >= front.length && Arrays.equals(front, 0, front.length, tokens, 0, front.length);
        return isThere ? NONE : front;
    }

    static int[] joined(int[] a, int[] b) {
        if (a.length == 0) {
            return b;
        }
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
