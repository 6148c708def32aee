package io.sinkstream.decoder;

/** Chooses a chunk's next token in place of the likeliest. Asked on the decoder's thread, within a pass. */
public interface TokenChooser {
    /** The answer if the candidates can't tell. */
    int MORE = -1;

    /** The answer if no token is left: all are ruled out. */
    int NONE = -2;

    /** What is done to the logits first. */
    LogitEdits edits();

    /** What logits are divided by in {@link Candidates#logSumExp}; above 0. */
    double temperature();

    /** How many candidates it looks at first; at least 1. */
    int candidates();

    /**
     * The index of the chosen one, {@link #NONE}, or {@link #MORE}: then it is asked again with all tokens, which must do.
     */
    int choose(Candidates candidates);
}
