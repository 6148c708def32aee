package io.sinkstream.decoder;

import io.sinkstream.settings.TokenDetails;

/**
 * What a pass gave for one chunk.
 *
 * @param nll -ln p of each target, nats; NaN where there was none
 * @param next the likeliest next token, or the one that was chosen; -1 if none was asked for, or none was left
 * @param nextNll its NLL under the model, nats; NaN if none was asked for
 * @param details what was wanted of the targets, as {@link TokenDetails} lays it out token by token; NaN where there was none
 * @param accepted how many of the proposed tokens the cache holds now; {@code next} follows the last of them. -1 if it holds what it
 *     held before
 * @param hidden of each token the state that logits are made of, after the last norm, [tokens, hidden size]; empty if none was wanted
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them
public record ChunkResult(double[] nll, int next, double nextNll, double[] details, int accepted, float[] hidden) {
    /** Without details, of a chunk of which no token was proposed. */
    public ChunkResult(double[] nll, int next, double nextNll) {
        this(nll, next, nextNll, new double[0], 0, new float[0]);
    }
}
