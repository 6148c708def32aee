package io.sinkstream.rows;

import io.sinkstream.checkpoint.TextTokenizer;
import java.util.Arrays;

/** Texts of continuations. What a tokenizer makes of a text's first token is not what it makes of a later one. */
final class ContinuationText {
    /** So many tokens before a continuation are enough to tell how its first ones are spelt. */
    static final int CONTEXT = 16;

    private ContinuationText() {}

    /**
     * The text of the continuation alone.
     *
     * @param before the stream's tokens before it, of which the last are needed
     */
    static String of(TextTokenizer tokenizer, int[] before, int[] continuation) {
        int[] context = Arrays.copyOfRange(before, Math.max(0, before.length - CONTEXT), before.length);
        String start = tokenizer.decode(context);
        String whole = tokenizer.decode(Tokens.joined(context, continuation));
        // Where a character is cut in two, or is none at all, some decoders read the bytes before it otherwise too.
        return whole.startsWith(start) ? whole.substring(start.length()) : tokenizer.decode(continuation);
    }
}
