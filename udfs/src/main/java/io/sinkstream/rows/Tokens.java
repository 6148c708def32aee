package io.sinkstream.rows;

import java.util.Arrays;

/** Arrays of token ids. */
final class Tokens {
    static final int[] NONE = new int[0];

    private Tokens() {}

    static int[] joined(int[] a, int[] b) {
        if (a.length == 0) {
            return b;
        }
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
