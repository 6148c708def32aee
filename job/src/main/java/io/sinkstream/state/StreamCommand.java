package io.sinkstream.state;

/** What can be done to a stream from outside, between its rows. */
public enum StreamCommand {
    /** Forgets it. */
    DELETE,
    /** Goes on with a saved state, of the same model, S and R. */
    RESTORE,
    /** Begins anew with the tokens that a saved state keeps, under another model of the same tokenizer, or another S or R. */
    RERUN
}
