package io.sinkstream.console;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.StreamingQueryListener;
import org.apache.spark.sql.streaming.StreamingQueryProgress;

/** Tells what an endless stream has done: a line for its micro-batches every few seconds, and one at its end. */
public final class StreamProgress extends StreamingQueryListener {
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
    private static final String METRIC = "sinkstream";

    private final PrintWriter err;
    private final long start = System.nanoTime();
    private final CountDownLatch ended = new CountDownLatch(1);
    private long told = start - BETWEEN_LINES.toNanos();
    private final Counts all = new Counts();
    private Counts since = new Counts();

    /** One that tells it to {@code err}. */
    public StreamProgress(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void onQueryStarted(QueryStartedEvent event) {}

    @Override
    public synchronized void onQueryProgress(QueryProgressEvent event) {
        StreamingQueryProgress progress = event.progress();
        Row counted = progress.observedMetrics().get(METRIC);
        if (counted == null) {
            return;
        }
        all.add(progress, counted);
        since.add(progress, counted);
        if (System.nanoTime() - told >= BETWEEN_LINES.toNanos() && since.rows > 0) {
            err.println(String.format(Locale.ROOT, "%s  micro-batch %d: %s", time(), progress.batchId(), since.line()));
            err.flush();
            told = System.nanoTime();
            since = new Counts();
        }
    }

    @Override
    public void onQueryTerminated(QueryTerminatedEvent event) {
        ended.countDown();
    }

    /** Says how it ended, once the last micro-batch is counted. */
    public void end() throws InterruptedException {
        if (!ended.await(10, TimeUnit.SECONDS)) {
            err.println("some of the last micro-batches are not counted");
        }
        synchronized (this) {
            err.println(String.format(Locale.ROOT, "%s  %d micro-batches: %s", time(), all.batches, all.line()));
            err.flush();
        }
    }

    private String time() {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        return String.format(
                Locale.ROOT, "%d:%02d:%02d", elapsed.toHours(), elapsed.toMinutesPart(), elapsed.toSecondsPart());
    }

    private static final class Counts {
        private long batches;
        private long millis;
        private long rows;
        private long tokens;
        private long bad;
        private long late;
        private long hits;
        private long rebuilds;
        private long rebuiltTokens;
        private long proposed;
        private long accepted;

        void add(StreamingQueryProgress progress, Row counted) {
            batches++;
            millis += progress.durationMs().getOrDefault("triggerExecution", 0L);
            rows += counted.<Long>getAs("rows");
            tokens += counted.<Long>getAs("tokens");
            bad += counted.<Long>getAs("bad_rows");
            late += counted.<Long>getAs("late_rows");
            hits += counted.<Long>getAs("cache_hits");
            rebuilds += counted.<Long>getAs("cache_rebuilds");
            rebuiltTokens += counted.<Long>getAs("rebuilt_tokens");
            proposed += counted.<Long>getAs("proposed_tokens");
            accepted += counted.<Long>getAs("accepted_tokens");
        }

        String line() {
            double seconds = Math.max(1, millis) / 1e3;
            String counts = String.format(
                    Locale.ROOT,
                    "%,d rows, %,d tokens, %,.0f tokens/s, late %,d, bad %,d; caches: %,d hits, %,d rebuilds of %,d tokens",
                    rows,
                    tokens,
                    tokens / seconds,
                    late,
                    bad,
                    hits,
                    rebuilds,
                    rebuiltTokens);
            return proposed == 0
                    ? counts
                    : counts
                            + String.format(
                                    Locale.ROOT, "; looked up: %,d tokens, %,d of them right", proposed, accepted);
        }
    }
}
