package io.sinkstream.console;

import io.sinkstream.settings.UserException;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;

/** Ends a run at the first task that fails by what a retry can't mend, and keeps what it said. */
final class TaskFailures extends SparkListener implements AutoCloseable {
    private final SparkSession spark;
    private String told;

    private TaskFailures(SparkSession spark) {
        this.spark = spark;
    }

    /** Starts to listen. */
    static TaskFailures of(SparkSession spark) {
        TaskFailures failures = new TaskFailures(spark);
        spark.sparkContext().addSparkListener(failures);
        return failures;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
        if (!(event.reason() instanceof ExceptionFailure reason)
                || !reason.className().equals(UserException.class.getName())) {
            return;
        }
        synchronized (this) {
            if (told != null) {
                return;
            }
            told = reason.description();
        }
        spark.sparkContext().cancelStage(event.stageId(), "a task failed by what a retry can't mend");
    }

    /** What to throw for a failed run: what a task said of it, if it was meant for the user. */
    RuntimeException failure(Exception exception) {
        String said;
        synchronized (this) {
            said = told;
        }
        return said == null ? RunFailure.of(exception) : RunFailure.told(said, exception);
    }

    @Override
    public void close() {
        spark.sparkContext().removeSparkListener(this);
    }
}
