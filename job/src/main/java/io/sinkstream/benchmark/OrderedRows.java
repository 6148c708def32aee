package io.sinkstream.benchmark;

import java.io.IOException;
import java.util.List;

/**
 * The rows of an experiment, which come in order within each segment and are written in order altogether: those of a segment
 * whose turn has not come wait in a file of their own. What is written outlasts a kill, in either file.
 */
final class OrderedRows {
    private final ExperimentFiles files;
    private final List<Segment> segments;
    private final int cache;
    private final int every;

    /** Of each segment the next prediction without a row. */
    private final int[] next;

    /** The segment whose turn it is. */
    private int turn;

    private int written;
    private double sumWritten;
    private int done;
    private double sum;
    private int beyond;
    private double sumBeyond;
    private int shared;
    private double sumShared;

    /**
     * None yet.
     *
     * @param cache after how many rows the cache is full
     * @param every each so many-th row is of a token that recomputation predicts too
     */
    OrderedRows(ExperimentFiles files, List<Segment> segments, int cache, int every) {
        this.files = files;
        this.segments = segments;
        this.cache = cache;
        this.every = every;
        this.next = segments.stream().mapToInt(Segment::from).toArray();
    }

    /** Takes the rows that an earlier run has left: those of the CSV, and behind them those that waited. */
    synchronized void resume(List<Double> rows) throws IOException {
        rows.forEach(nll -> known(written++, nll));
        sumWritten = sum;
        files.deleteWaiting(waiting -> segments.stream().noneMatch(segment -> segment.from() == waiting));
        for (int i = 0; i < next.length; i++) {
            Segment segment = segments.get(i);
            next[i] = Math.max(segment.from(), Math.min(written, segment.to()));
            if (next[i] < segment.to()) {
                ExperimentBlock.Measured waiting = files.waiting(segment.from());
                for (int row = next[i] - segment.from(); row < waiting.nll().length; row++) {
                    known(next[i]++, waiting.nll()[row]);
                }
            }
        }
        advance();
    }

    private void known(int row, double nll) {
        done++;
        sum += nll;
        if (row >= cache) {
            beyond++;
            sumBeyond += nll;
        }
        if ((row + 1) % every == 0) {
            shared++;
            sumShared += nll;
        }
    }

    /** Writes the next rows of a segment. */
    synchronized void add(int segment, ExperimentBlock.Measured rows) throws IOException {
        if (segment == turn) {
            write(rows);
        } else {
            files.appendWaiting(segments.get(segment).from(), next[segment], rows);
        }
        for (double nll : rows.nll()) {
            known(next[segment]++, nll);
        }
        advance();
    }

    /** Writes what has waited for segments that are whole now. */
    private void advance() throws IOException {
        while (turn < next.length) {
            Segment segment = segments.get(turn);
            if (written < next[turn]) {
                ExperimentBlock.Measured waiting = files.waiting(segment.from());
                write(waiting.from(written - segment.from()));
            }
            files.deleteWaiting(waiting -> waiting == segment.from());
            if (written < segment.to()) {
                return;
            }
            turn++;
        }
        files.end(Math.exp(sumWritten / written));
    }

    private void write(ExperimentBlock.Measured rows) throws IOException {
        files.append(rows, written, sumWritten);
        written += rows.nll().length;
        // One after another, as in a run that is not cut: the last digits of a sum depend on its order.
        for (double nll : rows.nll()) {
            sumWritten += nll;
        }
    }

    /** The next prediction of a segment that has no row. */
    synchronized int next(int segment) {
        return next[segment];
    }

    /** How many predictions have their row, of all segments. */
    synchronized int done() {
        return done;
    }

    /** The mean of their NLLs, nats. */
    synchronized double nll() {
        return sum / done;
    }

    /** How many of them came after the cache was full. */
    synchronized int beyond() {
        return beyond;
    }

    /** The mean of these, nats; NaN for none. */
    synchronized double nllBeyond() {
        return sumBeyond / beyond;
    }

    /** The mean of those that recomputation predicts too, nats; NaN for none. */
    synchronized double nllShared() {
        return sumShared / shared;
    }
}
