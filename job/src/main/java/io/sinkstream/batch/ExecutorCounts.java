package io.sinkstream.batch;

import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowProblem;
import java.util.concurrent.atomic.LongAdder;

/**
 * What this JVM's tasks have done with rows since it started, for Spark's metrics system. Rows of a task that is run again count again; a
 * run's totals, and a query's progress, count each once.
 */
public final class ExecutorCounts {
    /** Rows of tables, of SQL's too. */
    public static final ExecutorCounts BATCH = new ExecutorCounts();

    /** Rows of endless streams. */
    public static final ExecutorCounts STREAM = new ExecutorCounts();

    private final LongAdder good = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final LongAdder bad = new LongAdder();

    private ExecutorCounts() {}

    /** Counts a row that became this. */
    public void add(RowOutcome outcome) {
        if (outcome instanceof RowOutcome.Bad row) {
            (row.problem() == RowProblem.LATE ? late : bad).increment();
        } else {
            good.increment();
        }
    }

    /** Rows that were scored or continued. */
    public long goodRows() {
        return good.sum();
    }

    /** Rows that were late. */
    public long lateRows() {
        return late.sum();
    }

    /** Rows with any other error. */
    public long badRows() {
        return bad.sum();
    }
}
