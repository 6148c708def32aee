package io.sinkstream.dialogue;

import io.sinkstream.stream.Continuation;

/**
 * One turn of a conversation.
 *
 * @param promptTokens how many tokens it appended
 * @param promptPerplexity of them under the model; NaN where that was not computed
 * @param spoken the answer's tokens and text
 * @param readSeconds until its first token
 * @param seconds all of it
 * @param isCut whether it ended with the model's context
 */
record Answer(
        int promptTokens,
        double promptPerplexity,
        Continuation spoken,
        double readSeconds,
        double seconds,
        boolean isCut) {
    /** How many tokens it has. */
    int tokens() {
        return spoken.tokens().length;
    }

    /** Of its tokens under the model, whatever chose them; NaN if it has none. */
    double perplexity() {
        return Math.exp(spoken.nll() / tokens());
    }

    /** Its text; empty if it was given up before its first token. */
    String text() {
        return spoken.text() == null ? "" : spoken.text();
    }

    /** Tokens a second behind the first; NaN if there is none. */
    double tokensPerSecond() {
        return tokens() > 1 ? (tokens() - 1) / (seconds - readSeconds) : Double.NaN;
    }
}
