package io.sinkstream.train;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The character that stands for each byte in a byte-level vocabulary, as GPT-2 has it: tokens are then text that JSON can
 * hold and in which no blank is.
 */
final class ByteAlphabet {
    /** How many bytes there are. */
    static final int SIZE = 256;

    private static final char[] SYMBOLS = symbols();

    private ByteAlphabet() {}

    /** The character of a byte, 0 to 255. */
    static char symbol(int value) {
        return SYMBOLS[value];
    }

    /** All of them, by code point: the order in which a vocabulary has them. */
    static List<String> inOrder() {
        return IntStream.range(0, SIZE)
                .map(value -> SYMBOLS[value])
                .sorted()
                .mapToObj(Character::toString)
                .toList();
    }

    /** Latin-1's visible characters stand for themselves, the others for one beyond it each, in order. */
    private static char[] symbols() {
        char[] symbols = new char[SIZE];
        int beyond = SIZE;
        for (int value = 0; value < SIZE; value++) {
            boolean visible = (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
            symbols[value] = (char) (visible ? value : beyond++);
        }
        return symbols;
    }
}
