package io.sinkstream.console;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Tells how far experiments are, by a {@link ProgressLine}: those that run, and those that have run. */
public final class PerplexityProgress implements AutoCloseable {
    private final Map<String, String> told = new LinkedHashMap<>();
    private final ProgressLine line;

    private PerplexityProgress(PrintWriter err) {
        this.line = ProgressLine.start(err, this::line);
    }

    /** Starts to tell. */
    public static PerplexityProgress start(PrintWriter err) {
        return new PerplexityProgress(err);
    }

    /** What is known of an experiment by now: the mean NLL in nats, and predictions a second. */
    public synchronized void measured(String experiment, int done, int all, double nll, double perSecond) {
        told.put(
                experiment,
                String.format(
                        Locale.ROOT,
                        "%s: %,d of %,d tokens, NLL %.4f, perplexity %.2f, %,.0f tokens/s",
                        experiment,
                        done,
                        all,
                        nll,
                        Math.exp(nll),
                        perSecond));
        if (done == all) {
            told.put(
                    experiment, experiment + ": done, perplexity " + String.format(Locale.ROOT, "%.2f", Math.exp(nll)));
        }
    }

    private synchronized String line() {
        return told.isEmpty() ? "loading the model" : String.join("; ", told.values());
    }

    /** Tells it for the last time. */
    public void end() {
        line.end("");
    }

    @Override
    public void close() {
        line.close();
    }
}
