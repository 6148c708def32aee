package io.sinkstream.rows;

/** Sizes of texts in UTF-8, without encoding them. */
public final class Utf8 {
    private Utf8() {}

    /** How many bytes the text takes; half of a surrogate pair alone takes one, as Java writes it. */
    public static long length(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (isPair(text, i)) {
                // Two for each half.
                bytes += 2;
            } else if (isPair(text, i - 1)) {
                bytes += 2;
            } else {
                bytes++;
            }
        }
        return bytes;
    }

    private static boolean isPair(String text, int high) {
        return high >= 0
                && high + 1 < text.length()
                && Character.isSurrogatePair(text.charAt(high), text.charAt(high + 1));
    }
}
