package io.sinkstream.benchmark;

import io.sinkstream.settings.Experiment;

/**
 * What an experiment found.
 *
 * @param sinks S of its rule
 * @param window R of its rule; of dense attention as many as there are
 * @param tokens how many were predicted
 * @param nll their mean, nats
 * @param beyond how many of them were predicted after the cache had filled
 * @param nllBeyond the mean of these, nats; NaN for none
 * @param nllShared the mean of those that recomputation predicts too, nats; NaN for none
 * @param measured how many were predicted in this run, and not in one that it goes on from
 * @param seconds how long these took
 */
public record PerplexityRow(
        Experiment experiment,
        int sinks,
        int window,
        int tokens,
        double nll,
        int beyond,
        double nllBeyond,
        double nllShared,
        int measured,
        double seconds) {

    /** Of all tokens. */
    public double perplexity() {
        return Math.exp(nll);
    }

    /** Of the tokens after the cache had filled; NaN for none. */
    public double perplexityBeyond() {
        return Math.exp(nllBeyond);
    }

    /** Of the tokens that recomputation predicts too; NaN for none. */
    public double perplexityShared() {
        return Math.exp(nllShared);
    }

    /** Of this run; NaN if it had nothing to do. */
    public double tokensPerSecond() {
        return measured == 0 ? Double.NaN : measured / seconds;
    }
}
