package io.sinkstream.train;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import org.apache.spark.util.AccumulatorV2;

/**
 * How far a training is: the latest entry of its first replica. Register it with the Spark context before the run.
 *
 * <p>All methods lock: a task's heartbeat reads it, or writes it to the driver, while the task goes on.
 */
public final class TrainingCounts extends AccumulatorV2<TrainingCounts.Progress, TrainingCounts.Progress> {
    private static final long serialVersionUID = 1;

    /**
     * How far a training is.
     *
     * @param steps all steps
     * @param entry the latest; null before the first
     * @param validation the last loss on the validation samples, nats a token; NaN if there is none yet
     * @param resumed the step that this run began with
     * @param tokensPerSecond of this run, all replicas
     * @param dtype what products are computed in
     */
    public record Progress(
            int steps, LogEntry entry, double validation, int resumed, double tokensPerSecond, String dtype)
            implements Serializable {}

    private Progress latest;

    @Override
    public synchronized boolean isZero() {
        return latest == null;
    }

    @Override
    public synchronized AccumulatorV2<Progress, Progress> copy() {
        TrainingCounts copy = new TrainingCounts();
        copy.latest = latest;
        return copy;
    }

    @Override
    public synchronized void reset() {
        latest = null;
    }

    @Override
    public synchronized void add(Progress progress) {
        if (progress != null) {
            latest = progress;
        }
    }

    @Override
    public void merge(AccumulatorV2<Progress, Progress> other) {
        add(other.value());
    }

    /** Null before the first step. */
    @Override
    public synchronized Progress value() {
        return latest;
    }

    private synchronized void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
    }
}
