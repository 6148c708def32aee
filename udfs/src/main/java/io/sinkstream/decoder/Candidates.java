package io.sinkstream.decoder;

/**
 * The likeliest next tokens of one row, after its {@link LogitEdits}.
 *
 * @param tokens ids, the likeliest first
 * @param logits edited ones, nats, descending
 * @param nll -ln p of each under the model, before any edit, nats
 * @param logSumExp of all edited logits, each divided by the chooser's temperature
 * @param isWhole whether these are all tokens of the vocabulary
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them
public record Candidates(int[] tokens, double[] logits, double[] nll, double logSumExp, boolean isWhole) {}
