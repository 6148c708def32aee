package io.sinkstream.benchmark;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * How far the numbers of a stream are off after its cache was rebuilt from fewer tokens than all that have an influence: what
 * {@code --history bounded:M} costs, on a text.
 */
public final class HistoryError {
    /** How many tokens after a rebuild are compared. */
    private static final int NEXT = 128;

    /** In how many places of the text. */
    private static final int PLACES = 4;

    private static final StreamName NAME = new StreamName("history", "text");

    private HistoryError() {}

    /**
     * The error of one length of history.
     *
     * @param windows M; 0 for the sinks alone, and -1 for all that has an influence
     * @param tokens how many are run again
     * @param mean over the next tokens, of the absolute difference of their NLL, nats
     * @param largest of them
     */
    public record Row(int windows, long tokens, double mean, double largest) {}

    /**
     * Measures M = 0, 1, ... up to {@code most} or to all that has an influence.
     *
     * @throws UserException if the text is too short to have a history
     */
    public static List<Row> measure(ModelOptions options, String text, int most, Consumer<String> progress) {
        try (StreamModel model = StreamModel.open(options)) {
            int[] tokens = model.tokenizer().orElseThrow().encode(text);
            long exact = model.description().historyTokens();
            long needed = options.sinks() + exact + options.window() + PLACES * NEXT;
            if (tokens.length < needed) {
                throw new UserException("the text has " + tokens.length + " tokens; a history of " + exact
                        + " tokens and what follows it take " + needed + ": give a longer text");
            }
            List<Integer> lengths = new ArrayList<>();
            for (int m = 0; m <= most && (long) m * options.window() < exact; m++) {
                lengths.add(m);
            }
            lengths.add(-1);
            double[] sums = new double[lengths.size()];
            double[] largest = new double[lengths.size()];
            for (int place = 0; place < PLACES; place++) {
                progress.accept("place " + (place + 1) + " of " + PLACES);
                int at = tokens.length - (PLACES - place) * NEXT;
                int[] next = Arrays.copyOfRange(tokens, at, at + NEXT);
                StreamResult.Advanced before =
                        model.advance(StreamUpdate.score(NAME, model.start(), Arrays.copyOf(tokens, at)));
                StreamState state = before.state();
                // Its cache is still there.
                double[] expected =
                        model.advance(StreamUpdate.score(NAME, state, next)).nll();
                model.forget(NAME);
                for (int i = 0; i < lengths.size(); i++) {
                    double[] found = nll(model, shortened(model, state, kept(lengths.get(i), options, exact)), next);
                    for (int j = 0; j < NEXT; j++) {
                        double error = Math.abs(found[j] - expected[j]);
                        sums[i] += error;
                        largest[i] = Math.max(largest[i], error);
                    }
                }
            }
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < lengths.size(); i++) {
                rows.add(new Row(
                        lengths.get(i),
                        options.sinks() + kept(lengths.get(i), options, exact),
                        sums[i] / (PLACES * NEXT),
                        largest[i]));
            }
            return rows;
        }
    }

    private static long kept(int windows, ModelOptions options, long exact) {
        return windows < 0 ? exact : Math.min(exact, (long) windows * options.window());
    }

    private static StreamState shortened(StreamModel model, StreamState state, long kept) {
        int[] history = state.history();
        int[] last = Arrays.copyOfRange(history, (int) Math.max(0, history.length - kept - 1), history.length);
        return model.resume(state.sinks(), state.position(), state.hash(), last, true);
    }

    private static double[] nll(StreamModel model, StreamState state, int[] tokens) {
        return model.advance(StreamUpdate.score(null, state, tokens)).nll();
    }

    /** The rows as a table. */
    public static List<String> table(List<Row> rows) {
        List<String> lines = new ArrayList<>();
        lines.add(
                String.format(Locale.ROOT, "%-12s %10s %16s %16s", "history", "tokens", "mean error", "largest error"));
        for (Row row : rows) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-12s %,10d %16.2e %16.2e",
                    row.windows() < 0 ? "exact" : row.windows() == 0 ? "sinks alone" : "bounded:" + row.windows(),
                    row.tokens(),
                    row.mean(),
                    row.largest()));
        }
        return lines;
    }
}
