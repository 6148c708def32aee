package io.sinkstream.train;

import java.util.function.Consumer;

/**
 * The words that no token reaches across, as the pre-tokenizer in {@link TokenizerJson} cuts them: every digit alone, and
 * what is between digits by GPT-2's expression
 *
 * <pre>{@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}</pre>
 *
 * Digits alone, because logs are full of numbers that never come back, and would fill the vocabulary. By hand, because an
 * expression takes several times as long; a test holds the two together.
 *
 * <p>Java and the tokenizers library may be of two versions of Unicode. A character that is a letter to one of them only
 * is counted in another word than it is encoded in: its tokens are some more, and still right.
 */
final class Words {
    private static final String[] CONTRACTIONS = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

    private static final char HALF_PAIR = 0xFFFD;

    private Words() {}

    /** What of a text's characters matters here. */
    private enum Kind {
        LETTER,
        NUMBER,
        SPACE,
        OTHER
    }

    /** Gives the words of a text in order; together they are the text, but for halves of surrogate pairs: U+FFFD each. */
    static void forEach(String text, Consumer<String> action) {
        String sound = withoutHalfPairs(text);
        int from = 0;
        while (from < sound.length()) {
            int to = end(sound, from);
            action.accept(sound.substring(from, to));
            from = to;
        }
    }

    private static int end(String text, int from) {
        int first = text.codePointAt(from);
        return switch (kind(first)) {
            case NUMBER -> from + Character.charCount(first);
            case SPACE -> endOfSpace(text, from);
            case LETTER -> endOfRun(text, from, Kind.LETTER);
            case OTHER -> {
                for (String contraction : CONTRACTIONS) {
                    if (text.startsWith(contraction, from)) {
                        yield from + contraction.length();
                    }
                }
                yield endOfRun(text, from, Kind.OTHER);
            }
        };
    }

    /** Of several blanks the last one belongs to what follows; one that is a space makes a word with it. */
    private static int endOfSpace(String text, int from) {
        int to = endOfRun(text, from, Kind.SPACE);
        if (to == text.length()) {
            return to;
        }
        Kind next = kind(text.codePointAt(to));
        if (next == Kind.NUMBER) {
            return to; // nothing stands in one piece with a digit
        }
        if (to - from > 1) {
            return to - 1;
        }
        return text.charAt(from) == ' ' ? endOfRun(text, to, next) : to;
    }

    private static int endOfRun(String text, int from, Kind kind) {
        int to = from;
        while (to < text.length()) {
            int c = text.codePointAt(to);
            if (kind(c) != kind) {
                break;
            }
            to += Character.charCount(c);
        }
        return to;
    }

    private static Kind kind(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> Kind.LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> Kind.NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> Kind.SPACE;
            // Unicode's White_Space has these besides; Character.isWhitespace has others.
            default -> (c >= '\t' && c <= '\r') || c == 0x85 ? Kind.SPACE : Kind.OTHER;
        };
    }

    /** As {@link io.sinkstream.checkpoint.TextTokenizer#encode} reads them. */
    private static String withoutHalfPairs(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                StringBuilder sound = new StringBuilder(text.length());
                text.codePoints()
                        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? HALF_PAIR : c)
                        .forEach(sound::appendCodePoint);
                return sound.toString();
            }
        }
        return text;
    }
}
