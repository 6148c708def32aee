package io.sinkstream.decoder;

/**
 * What a pass gave for one chunk.
 *
 * @param nll -ln p of each target, nats; NaN where there was none
 * @param next the likeliest next token, or the one that was chosen; -1 if none was asked for, or none was left
 * @param nextNll its NLL under the model, nats; NaN if none was asked for
 */
public record ChunkResult(double[] nll, int next, double nextNll) {}
