package io.sinkstream.rows;

import io.sinkstream.checkpoint.TextTokenizer;

/** The tokens of a dialogue's turns: those of rows of a stream that is continued by the same prompt. */
public final class TurnTokens {
    private final Prompt prompt;
    private final TextTokenizer tokenizer;

    /** Turns by a prompt, of a model's tokenizer. */
    public TurnTokens(Prompt prompt, TextTokenizer tokenizer) {
        this.prompt = prompt;
        this.tokenizer = tokenizer;
    }

    /**
     * What a dialogue begins with.
     *
     * @throws io.sinkstream.settings.UserException if the prompt or the tokenizer can't take the text
     */
    public int[] first(String text) {
        int[] tokens = tokenizer.encode(prompt.first(text));
        return Tokens.joined(Tokens.front(prompt.front(tokenizer), tokens), tokens);
    }

    /**
     * What a later turn appends.
     *
     * @throws io.sinkstream.settings.UserException if the prompt or the tokenizer can't take the text
     */
    public int[] next(String text) {
        return tokenizer.encode(prompt.next(text));
    }
}
