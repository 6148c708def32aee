package io.sinkstream.console;

import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.batch.ScoringTotals;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import scala.jdk.javaapi.CollectionConverters;

/** Tells how far a scoring run is, by a {@link ProgressLine}. Running tasks tell their counts by Spark's heartbeats. */
public final class ScoreProgress extends SparkListener implements AutoCloseable {
    private final SparkSession spark;
    private final ScoringTotals totals;
    private final TaskFailures failures;
    private final ProgressLine line;
    private final long start = System.nanoTime();
    /** Rows and tokens of tasks that run. */
    private final Map<Long, long[]> running = new HashMap<>();

    private int stage = -1;
    private int tasks;
    private int tasksDone;

    private ScoreProgress(SparkSession spark, ScoringTotals totals, PrintWriter err) {
        this.spark = spark;
        this.totals = totals;
        this.failures = TaskFailures.of(spark);
        this.line = ProgressLine.start(err, this::line);
    }

    /** Starts to tell, of the run that counts in {@code totals}. */
    public static ScoreProgress start(SparkSession spark, ScoringTotals totals, PrintWriter err) {
        ScoreProgress progress = new ScoreProgress(spark, totals, err);
        spark.sparkContext().addSparkListener(progress);
        return progress;
    }

    /** Says how it ended. */
    public void end() {
        synchronized (this) {
            running.clear();
        }
        line.end(", done");
    }

    /** What to throw for a failed run: what a task said of it, if it was meant for the user. */
    public RuntimeException failure(Exception exception) {
        return failures.failure(exception);
    }

    @Override
    public void close() {
        line.close();
        failures.close();
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
    public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
        running.remove(event.taskInfo().taskId());
        if (event.stageId() == stage && event.taskInfo().successful()) {
            tasksDone++;
        }
    }

    private Optional<ScoringSummary> summary(AccumulableInfo accumulable) {
        return accumulable.id() == totals.id()
                        && accumulable.update().isDefined()
                        && accumulable.update().get() instanceof ScoringSummary done
                ? Optional.of(done)
                : Optional.empty();
    }

    private synchronized String line() {
        ScoringSummary done = totals.value();
        long rows = done.rows();
        long tokens = done.tokens();
        for (long[] task : running.values()) {
            rows += task[0];
            tokens += task[1];
        }
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
