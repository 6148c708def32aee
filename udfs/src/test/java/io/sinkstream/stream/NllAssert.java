package io.sinkstream.stream;

import org.assertj.core.api.AbstractAssert;

/** Asserts a row's NLLs against those of a whole stream. */
final class NllAssert extends AbstractAssert<NllAssert, double[]> {
    /**
     * The project's meaning of "the same numbers", nats a token: fp32 against double precision over a few layers, and
     * products of other sizes, which take other kernels.
     */
    static final double SAME = 1e-4;

    private NllAssert(double[] actual) {
        super(actual, NllAssert.class);
    }

    static NllAssert assertNll(double[] actual) {
        return new NllAssert(actual);
    }

    /** Of a stream from its start: {@code wanted[t]} is -ln p of token t + 1. */
    NllAssert isThatOf(double[] wanted) {
        return isThatOf(wanted, 0, wanted.length + 1, SAME);
    }

    /** Of {@code count} tokens from position {@code from} on. */
    NllAssert isThatOf(double[] wanted, long from, int count, double within) {
        isNotNull();
        if (actual.length != count) {
            failWithMessage("%s: %d numbers for %d tokens", info.descriptionText(), actual.length, count);
        }
        for (int i = 0; i < count; i++) {
            int t = (int) from + i;
            if (t == 0) {
                if (!Double.isNaN(actual[0])) {
                    failWithMessage("%s: nothing predicts the first token", info.descriptionText());
                }
            } else if (!(Math.abs(actual[i] - wanted[t - 1]) <= within)) {
                failWithMessage(
                        "%s: token %d has %s nats, not %s (difference %.2e, allowed %.0e)",
                        info.descriptionText(),
                        t,
                        actual[i],
                        wanted[t - 1],
                        Math.abs(actual[i] - wanted[t - 1]),
                        within);
            }
        }
        return this;
    }
}
