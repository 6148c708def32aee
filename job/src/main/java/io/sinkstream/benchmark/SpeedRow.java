package io.sinkstream.benchmark;

import java.util.Arrays;
import java.util.Locale;

/**
 * One measurement.
 *
 * @param work what was measured
 * @param dtype the number type
 * @param streams how many streams ran together
 * @param chunk tokens of each stream in one pass
 * @param cache tokens that each stream's cache held: S + R
 * @param rate tokens a second of all streams together
 * @param shares of what the machine can do
 * @param residentBytes of the process
 * @param nll mean negative log-likelihood of a real text, nats a token; NaN without a text
 * @param nllPrice how much larger that is than in fp32, as a share of it; NaN without a text
 * @param speedup how many times the rate of re-computation, timed in turns; NaN where it was not
 * @param place where it was measured
 */
public record SpeedRow(
        Work work,
        String dtype,
        int streams,
        int chunk,
        int cache,
        Rate rate,
        Shares shares,
        long residentBytes,
        double nll,
        double nllPrice,
        double speedup,
        SpeedPlace place) {

    /** What can be measured. */
    public enum Work {
        /** Scoring one stream in chunks. */
        SCORE,
        /** Continuing streams token by token. */
        DECODE,
        /** Continuing one stream by running all of S + R tokens for every token. */
        RECOMPUTE,
        /** The matrix products of scoring or decoding, and nothing else. */
        MATMUL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Tokens a second, round by round.
     *
     * @param median of the rounds
     * @param mean of the rounds
     * @param deviation their standard deviation, that of a sample; 0 for one round
     * @param rounds how many
     */
    public record Rate(double median, double mean, double deviation, int rounds) {
        /** The rates of rounds of {@code tokens} each that took these seconds. */
        static Rate of(double[] seconds, double tokens) {
            double[] rates = Arrays.stream(seconds)
                    .map(second -> tokens / second)
                    .sorted()
                    .toArray();
            double mean = Arrays.stream(rates).average().orElseThrow();
            double squares = Arrays.stream(rates)
                    .map(rate -> (rate - mean) * (rate - mean))
                    .sum();
            // The rate of the median time, of an even number of rounds as of an odd one.
            return new Rate(
                    rates[(rates.length - 1) / 2],
                    mean,
                    rates.length == 1 ? 0 : Math.sqrt(squares / (rates.length - 1)),
                    rates.length);
        }
    }

    /**
     * How near a measurement comes to what the machine can do.
     *
     * @param limit the median rate over that of the bare matrix products of the same shapes, timed in the same run
     * @param matrixRate the products' arithmetic a second over what one large product reaches
     * @param bandwidth the bytes of weights and caches a second over what reading memory reaches
     */
    public record Shares(double limit, double matrixRate, double bandwidth) {
        /** Of what was not compared with the machine. */
        static final Shares UNKNOWN = new Shares(Double.NaN, Double.NaN, Double.NaN);
    }

    /** The same with a text's figures. */
    public SpeedRow withNll(double textNll, double price) {
        return new SpeedRow(
                work, dtype, streams, chunk, cache, rate, shares, residentBytes, textNll, price, speedup, place);
    }
}
