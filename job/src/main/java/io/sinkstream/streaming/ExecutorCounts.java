package io.sinkstream.streaming;

import io.sinkstream.rows.RowProblem;
import java.util.concurrent.atomic.LongAdder;

/**
 * What this JVM's tasks of endless streams have done since it started, for Spark's metrics system. Rows of a task that is run
 * again count again; a query's progress counts each once.
 */
public final class ExecutorCounts {
    private static final LongAdder GOOD = new LongAdder();
    private static final LongAdder LATE = new LongAdder();
    private static final LongAdder BAD = new LongAdder();

    private ExecutorCounts() {}

    static void good() {
        GOOD.increment();
    }

    static void bad(RowProblem problem) {
        (problem == RowProblem.LATE ? LATE : BAD).increment();
    }

    /** Rows that were scored or continued. */
    public static long goodRows() {
        return GOOD.sum();
    }

    /** Rows that were late. */
    public static long lateRows() {
        return LATE.sum();
    }

    /** Rows with any other error. */
    public static long badRows() {
        return BAD.sum();
    }
}
