package io.sinkstream.rows;

/**
 * A token that might have come.
 *
 * @param token its id
 * @param logprob ln p, nats
 */
public record TokenLogprob(int token, double logprob) {}
