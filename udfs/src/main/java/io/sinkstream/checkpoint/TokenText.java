package io.sinkstream.checkpoint;

import java.util.Arrays;

/**
 * The text of tokens as they come: never a part of a character, nor anything that a later token could still change. All
 * pieces joined are the text of all tokens. Not safe for several threads.
 *
 * <p>What a tokenizer makes of a text's first token is not what it makes of a later one, so a few tokens before are decoded
 * with the new ones, as {@link TextTokenizer#decode} says.
 */
public final class TokenText {
    /** So many tokens before are enough to tell how the next ones are spelt. */
    private static final int CONTEXT = 16;

    /** Bytes of a character that lacks one. */
    private static final int LARGEST_PART = 3;

    private static final char REPLACEMENT = '\uFFFD';

    private final TextTokenizer tokenizer;
    private int[] window;
    private int size;
    /** How much of the window's text was given out, in chars. */
    private int given;
    /** Where a run of byte tokens at the window's end begins. */
    private int run;

    private String text;

    /**
     * Nothing yet.
     *
     * @param before the tokens before, of which the last few are needed; none at the start of a text
     */
    public TokenText(TextTokenizer tokenizer, int[] before) {
        this.tokenizer = tokenizer;
        this.window = Arrays.copyOfRange(before, Math.max(0, before.length - CONTEXT), before.length);
        this.size = window.length;
        this.text = tokenizer.decode(window);
        this.given = withoutPart(text);
        this.run = size;
        if (!tokenizer.byteTokens().isEmpty()) {
            beginInRun();
        }
    }

    private void beginInRun() {
        while (run > 0 && tokenizer.byteTokens().contains(window[run - 1])) {
            run--;
        }
        // Each byte of a part is U+FFFD by itself.
        while (given > 0 && given < text.length() && text.charAt(given - 1) == REPLACEMENT) {
            given--;
        }
        if (text.length() - given > LARGEST_PART) {
            // No character, and what comes would be none with it.
            size = run;
            text = decoded(size);
            given = text.length();
        }
    }

    /** Takes a token, and returns what text is certain now and was not given out before; may be empty. */
    public String add(int token) {
        if (size == window.length) {
            window = Arrays.copyOf(window, 2 * size + CONTEXT);
        }
        window[size++] = token;
        text = decoded(size);
        int certain = withoutPart(text);
        if (!tokenizer.byteTokens().isEmpty()) {
            boolean goesOn = tokenizer.byteTokens().contains(token)
                    || tokenizer.decode(new int[] {token}).isEmpty();
            run = goesOn ? run : size;
            certain = run == size ? certain : Math.min(certain, decoded(run).length());
        }
        String piece = certain > given ? text.substring(given, certain) : "";
        given = Math.max(given, certain);
        if (given == text.length() && size > 2 * CONTEXT) {
            forget();
        }
        return piece;
    }

    /** What is not certain yet, characters that have all their bytes only. */
    public String uncertain() {
        int end = withoutPart(text);
        return end > given ? text.substring(given, end) : "";
    }

    /** The rest, once no more tokens come. */
    public String end() {
        String rest = text.substring(Math.min(given, text.length()));
        given = text.length();
        return rest;
    }

    /** All of it is given out: a few tokens of it do for what comes. */
    private void forget() {
        String rest = tokenizer.decode(Arrays.copyOfRange(window, size - CONTEXT, size));
        // Tokens without a text would not show that a text has begun.
        if (!rest.isEmpty() && withoutPart(rest) == rest.length()) {
            window = Arrays.copyOfRange(window, size - CONTEXT, size);
            size = CONTEXT;
            run = CONTEXT;
            text = rest;
            given = rest.length();
        }
    }

    private String decoded(int count) {
        return tokenizer.decode(Arrays.copyOf(window, count));
    }

    /** The length of a text without a character at its end that lacks bytes. */
    private static int withoutPart(String text) {
        int length = text.length();
        return length > 0 && text.charAt(length - 1) == REPLACEMENT ? length - 1 : length;
    }
}
