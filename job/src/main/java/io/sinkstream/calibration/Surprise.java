package io.sinkstream.calibration;

import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.settings.OddBy;
import java.util.Arrays;

/** How surprising a row is, nats. Sketches hold floats, so it is one wherever it is used. */
final class Surprise {
    /** So many tokens are a row's beginning. */
    private static final int BEGINNING = 3;

    /** What of the largest NLL stands beside the mean: measured, see RATIONALE.md. */
    private static final double LARGEST_SHARE = 0.25;

    private Surprise() {}

    /** NaN if none of the row's tokens was predicted. */
    static float of(OddBy by, Scored row) {
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
                };
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
