package io.sinkstream.decoder;

/**
 * What a pass gave for one chunk.
 *
 * @param nll -ln p of each target, nats; NaN where there was none
 * @param next the likeliest next token, or -1 if it was not asked for
 * @param nextNll its NLL, nats; NaN if it was not asked for
 */
public record ChunkResult(double[] nll, int next, double nextNll) {}
