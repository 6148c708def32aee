package io.sinkstream.batch;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.UserException;
import java.util.Arrays;

/** What of a row was the least expected, in its text. */
final class SurprisingToken {
    private static final String BEGIN = ">>";
    private static final String END = "<<";

    /** The most characters in front of it. */
    private static final int BEFORE = 30;

    private final TextTokenizer tokenizer;
    private final String separator;

    /**
     * @param tokenizer of the model; not closed here
     * @param separator what follows each text
     */
    SurprisingToken(TextTokenizer tokenizer, String separator) {
        this.tokenizer = tokenizer;
        this.separator = separator;
    }

    /**
     * A piece of the row with its most surprising token between marks, and words before it: of the row before, if it is the first;
     * the row's start if it can't be told which part of the text it is.
     *
     * @param nll of the row's tokens, nats; NaN where one was not predicted
     * @param previous the text of the row before in its stream; null for none
     */
    String marked(String text, double[] nll, String previous) {
        int[] ids;
        try {
            ids = tokenizer.encode(text + separator);
        } catch (UserException e) {
            return start(text, Ranked.TEXT_CHARACTERS);
        }
        // In front of a stream's first row may be more.
        int token = largest(nll) - (nll.length - ids.length);
        if (token < 0 || token >= ids.length) {
            return start(text, Ranked.TEXT_CHARACTERS);
        }
        String before = tokenizer.decode(Arrays.copyOf(ids, token));
        String with = tokenizer.decode(Arrays.copyOf(ids, token + 1));
        String whole = text + separator;
        if (!with.startsWith(before) || !whole.startsWith(with)) {
            // Part of a character, or a text that the tokenizer changes.
            return start(text, Ranked.TEXT_CHARACTERS);
        }
        // That a line ends is to be seen.
        String piece = start(with.substring(before.length()).replace("\n", "\\n"), BEFORE);
        String words = before.isEmpty() && previous != null ? end(previous + separator) : end(before);
        int left = Math.max(0, Ranked.TEXT_CHARACTERS - words.length() - piece.length());
        String after = text.length() > with.length() ? start(text.substring(with.length()), left) : "";
        return words + BEGIN + piece + END + after;
    }

    private static int largest(double[] numbers) {
        int largest = -1;
        for (int i = 0; i < numbers.length; i++) {
            if (!Double.isNaN(numbers[i]) && (largest < 0 || numbers[i] > numbers[largest])) {
                largest = i;
            }
        }
        return largest;
    }

    /** So many characters of its start. */
    static String start(String text, int characters) {
        return text.codePointCount(0, text.length()) <= characters
                ? text
                : text.substring(0, text.offsetByCodePoints(0, characters));
    }

    /** The last words of it; part of one that is long. */
    private static String end(String text) {
        if (text.length() <= BEFORE) {
            return text;
        }
        String last = text.substring(text.length() - BEFORE);
        int word = last.strip().indexOf(' ');
        String words = word < 0
                ? last
                : last.substring(
                        last.indexOf(' ', last.length() - last.stripLeading().length()) + 1);
        // Not half of a pair.
        return !words.isEmpty() && Character.isLowSurrogate(words.charAt(0)) ? words.substring(1) : words;
    }
}
