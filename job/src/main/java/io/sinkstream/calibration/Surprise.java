package io.sinkstream.calibration;

import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.TokenDetails;
import java.util.Arrays;
import java.util.stream.IntStream;

/** How surprising a row is: nats, or a share. Sketches hold floats, so it is one wherever it is used. */
final class Surprise {
    /** So many tokens are a row's beginning. */
    private static final int BEGINNING = 3;

    /** So many tokens are likely in a place, as in DeepLog. */
    private static final int LIKELIEST = 9;

    /** What of the largest NLL stands beside the mean: measured, see RATIONALE.md. */
    private static final double LARGEST_SHARE = 0.25;

    private Surprise() {}

    /**
     * NaN if none of the row's tokens was predicted.
     *
     * @param known what is known of the row's tokens, {@link OddBy#details} at least
     */
    static float of(OddBy by, Scored row, TokenDetails known) {
        if (row.predicted() == 0) {
            return Float.NaN;
        }
        double mean = row.nll() / row.predicted();
        return (float)
                switch (by) {
                    case COMBINED -> mean + LARGEST_SHARE * largest(row.tokenNll());
                    case MEAN -> mean;
                    case LARGEST -> largest(row.tokenNll());
                    case LEVEL -> mean - Math.log(row.streamPerplexity());
                    case BEGINNING -> beginning(row.tokenNll());
                    case RANK ->
                        predicted(row)
                                        .filter(token -> known.rank(row.details(), token) > LIKELIEST)
                                        .count()
                                / (double) row.predicted();
                    case ENTROPY ->
                        mean
                                - predicted(row)
                                                .mapToDouble(token -> known.entropy(row.details(), token))
                                                .sum()
                                        / row.predicted();
                };
    }

    /** All but the first of a stream. */
    private static IntStream predicted(Scored row) {
        return IntStream.range(0, row.tokens()).filter(token -> !Double.isNaN(row.tokenNll()[token]));
    }

    private static double beginning(double[] numbers) {
        return Arrays.stream(numbers)
                .limit(BEGINNING)
                .filter(number -> !Double.isNaN(number))
                .sum();
    }

    private static double largest(double[] numbers) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double number : numbers) {
            // The first token of a stream is NaN.
            largest = number > largest ? number : largest;
        }
        return largest;
    }
}
