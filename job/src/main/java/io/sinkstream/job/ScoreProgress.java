package io.sinkstream.job;

import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.batch.ScoringTotals;
import io.sinkstream.settings.UserException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Tells how far a scoring run is: on a terminal in one line that changes, else in a line every ten seconds. Running
 * tasks tell their counts by Spark's heartbeats. It also ends the run at the first task that fails by what a retry
 * can't mend.
 */
final class ScoreProgress extends SparkListener implements AutoCloseable {
    private final SparkSession spark;
    private final ScoringTotals totals;
    private final PrintWriter err;
    private final boolean isTerminal = CommandLine.Help.Ansi.AUTO.enabled();
    private final long start = System.nanoTime();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "score-progress");
        thread.setDaemon(true);
        return thread;
    });
    /** Rows and tokens of tasks that run. */
    private final Map<Long, long[]> running = new HashMap<>();

    private int stage = -1;
    private int tasks;
    private int tasksDone;
    private String failure;

    private ScoreProgress(SparkSession spark, ScoringTotals totals, PrintWriter err) {
        this.spark = spark;
        this.totals = totals;
        this.err = err;
    }

    /** Starts to tell, of the run that counts in {@code totals}. */
    static ScoreProgress start(SparkSession spark, ScoringTotals totals, PrintWriter err) {
        ScoreProgress progress = new ScoreProgress(spark, totals, err);
        spark.sparkContext().addSparkListener(progress);
        long seconds = progress.isTerminal ? 1 : 10;
        var unused = progress.clock.scheduleAtFixedRate(progress::tell, seconds, seconds, TimeUnit.SECONDS);
        return progress;
    }

    /** Says how it ended. */
    void end() {
        clock.shutdown();
        ScoringSummary done = totals.value();
        err.println((isTerminal ? "\r\u001b[K" : "") + line(done.rows(), done.tokens()) + ", done");
        err.flush();
    }

    /** What to throw for a failed run: what a task said of it, if it was meant for the user. */
    RuntimeException failure(Exception exception) {
        String told;
        synchronized (this) {
            told = failure;
        }
        return told == null ? RunFailure.of(exception) : new RunFailure(told, exception);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        spark.sparkContext().removeSparkListener(this);
    }

    @Override
    public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
        if (event.stageInfo().stageId() != stage) {
            stage = event.stageInfo().stageId();
            tasks = event.stageInfo().numTasks();
            tasksDone = 0;
        }
    }

    @Override
    public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
        CollectionConverters.asJava(event.accumUpdates())
                .forEach(task -> CollectionConverters.asJava(task._4()).forEach(accumulable -> summary(accumulable)
                        .ifPresent(done -> running.put((Long) task._1(), new long[] {done.rows(), done.tokens()}))));
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
        boolean cancel = false;
        synchronized (this) {
            running.remove(event.taskInfo().taskId());
            if (event.stageId() == stage && event.taskInfo().successful()) {
                tasksDone++;
            }
            if (failure == null
                    && event.reason() instanceof ExceptionFailure reason
                    && reason.className().equals(UserException.class.getName())) {
                failure = reason.description();
                cancel = true;
            }
        }
        if (cancel) {
            spark.sparkContext().cancelStage(event.stageId(), "a task failed by what a retry can't mend");
        }
    }

    private Optional<ScoringSummary> summary(AccumulableInfo accumulable) {
        return accumulable.id() == totals.id()
                        && accumulable.update().isDefined()
                        && accumulable.update().get() instanceof ScoringSummary done
                ? Optional.of(done)
                : Optional.empty();
    }

    private void tell() {
        ScoringSummary done = totals.value();
        long rows = done.rows();
        long tokens = done.tokens();
        synchronized (this) {
            for (long[] task : running.values()) {
                rows += task[0];
                tokens += task[1];
            }
        }
        if (isTerminal) {
            err.print("\r\u001b[K" + line(rows, tokens));
        } else {
            err.println(line(rows, tokens));
        }
        err.flush();
    }

    private synchronized String line(long rows, long tokens) {
        double seconds = (System.nanoTime() - start) / 1e9;
        Duration elapsed = Duration.ofSeconds((long) seconds);
        return String.format(
                Locale.ROOT,
                "%d:%02d:%02d  %,d rows, %,d tokens, %,.0f tokens/s, tasks %d/%d",
                elapsed.toHours(),
                elapsed.toMinutesPart(),
                elapsed.toSecondsPart(),
                rows,
                tokens,
                tokens / seconds,
                tasksDone,
                tasks);
    }
}
