package io.sinkstream.console;

import io.sinkstream.train.LogEntry;
import io.sinkstream.train.TrainingCounts;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.sql.SparkSession;
import scala.jdk.javaapi.CollectionConverters;

/** Tells how far a training is, by a {@link ProgressLine}. */
public final class TrainProgress extends SparkListener implements AutoCloseable {
    private final SparkSession spark;
    private final TrainingCounts counts;
    private final TaskFailures failures;
    private final ProgressLine line;
    private TrainingCounts.Progress latest;

    private TrainProgress(SparkSession spark, TrainingCounts counts, String prefix, PrintWriter err) {
        this.spark = spark;
        this.counts = counts;
        this.failures = TaskFailures.of(spark);
        this.line = ProgressLine.start(err, () -> prefix + line());
    }

    /** Starts to tell, of the training that counts in {@code counts}, with {@code prefix} in front of each line. */
    public static TrainProgress start(SparkSession spark, TrainingCounts counts, String prefix, PrintWriter err) {
        TrainProgress progress = new TrainProgress(spark, counts, prefix, err);
        spark.sparkContext().addSparkListener(progress);
        return progress;
    }

    /** Says how it ended. */
    public void end() {
        synchronized (this) {
            latest = counts.value() == null ? latest : counts.value();
        }
        line.end("");
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
    public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
        CollectionConverters.asJava(event.accumUpdates())
                .forEach(task -> CollectionConverters.asJava(task._4()).forEach(accumulable -> {
                    if (accumulable.id() == counts.id()
                            && accumulable.update().isDefined()
                            && accumulable.update().get() instanceof TrainingCounts.Progress progress) {
                        latest = progress;
                    }
                }));
    }

    private synchronized String line() {
        if (latest == null) {
            return "preparing";
        }
        LogEntry entry = latest.entry();
        double perStep = latest.entry().tokens() / (double) entry.step() / latest.tokensPerSecond();
        return String.format(
                Locale.ROOT,
                "step %,d of %,d  loss %.4f%s  %,d tokens, %,.0f tokens/s in %s  %s left",
                entry.step(),
                latest.steps(),
                entry.loss(),
                Double.isNaN(latest.validation())
                        ? ""
                        : String.format(Locale.ROOT, ", validation %.4f", latest.validation()),
                entry.tokens(),
                latest.tokensPerSecond(),
                latest.dtype(),
                clock(perStep * (latest.steps() - entry.step())));
    }

    private static String clock(double seconds) {
        Duration left = Duration.ofSeconds((long) seconds);
        return String.format(Locale.ROOT, "%d:%02d:%02d", left.toHours(), left.toMinutesPart(), left.toSecondsPart());
    }
}
