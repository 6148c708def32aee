package io.sinkstream.rows;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.Outcomes;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamUpdate;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tells a row that the model has no finite number for from a model that has none at all: the one is the row's error, the
 * other ends the job.
 */
public final class FiniteNumbers {
    private static final String CAUSE =
            ", and no number; weights that are not finite, or too large for " + Settings.DTYPE + ", do that";

    /** So many tokens, spread over the vocabulary, are tried. */
    private static final int TRIED = 16;

    private final RowModel model;
    private boolean isSeen;

    FiniteNumbers(RowModel model) {
        this.model = model;
    }

    /**
     * The same number, where nothing can do without.
     *
     * @throws UserException if it is not finite
     */
    public static double require(double nll) {
        if (!Double.isFinite(nll)) {
            throw new UserException(Settings.MODEL + ": the model gives " + nll + " for a token" + CAUSE);
        }
        return nll;
    }

    /** The model has given a number. */
    void seen() {
        isSeen = true;
    }

    /**
     * The model has given one that is not finite.
     *
     * @throws UserException if it gives no others
     */
    void missing() {
        if (!isSeen && !hasAny()) {
            throw new UserException(
                    Settings.MODEL + ": the model gives NaN or infinity for whatever it is given" + CAUSE);
        }
        isSeen = true;
    }

    private boolean hasAny() {
        int vocabulary = model.vocabulary();
        List<StreamUpdate> pairs = IntStream.range(0, Math.min(TRIED, vocabulary))
                .map(i -> (int) ((long) i * vocabulary / Math.min(TRIED, vocabulary)))
                .mapToObj(token -> StreamUpdate.score(null, model.start(), new int[] {token, vocabulary - 1 - token}))
                .toList();
        return Outcomes.await(model.submit(pairs)).stream().anyMatch(FiniteNumbers::isFinite);
    }

    private static boolean isFinite(StreamResult result) {
        return Double.isFinite(result.advanced().nll()[1]);
    }
}
