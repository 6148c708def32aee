package io.sinkstream.batch;

import io.sinkstream.calibration.Verdict;
import io.sinkstream.rows.RowProblem;
import io.sinkstream.stream.LookupCounts;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.util.AccumulatorV2;

/**
 * Counts a run of scores or continuations. Register it with the Spark context before the run. Spark adds each task's counts once, of the
 * attempt that succeeded, as long as they are in the job's last stage, that is, nothing shuffles its result.
 *
 * <p>All methods lock: a task's heartbeat reads the counts, or writes them to the driver, while the task goes on.
 */
public final class ScoringTotals extends AccumulatorV2<ScoringSummary, ScoringSummary> {
    private static final long serialVersionUID = 1;
    private static final int TOP = 10;

    private final int leastTokens;
    private final EnumMap<RowProblem, Long> problems = new EnumMap<>(RowProblem.class);
    private final ArrayList<Ranked> topRows = new ArrayList<>();
    private final ArrayList<Ranked> topStreams = new ArrayList<>();
    private long rows;
    private long scored;
    private long dropped;
    private long streams;
    private long tokens;
    private long predicted;
    private double nll;
    private long bytes;
    private LookupCounts lookup = LookupCounts.NONE;
    private long judged;
    private long unjudged;
    private long odd;

    /** Nothing yet, of rows of any length. */
    public ScoringTotals() {
        this(1);
    }

    /** Nothing yet. Rows of fewer tokens are not in the table of the oddest. */
    public ScoringTotals(int leastTokens) {
        this.leastTokens = leastTokens;
    }

    /** Counts a row that is left out. */
    synchronized void dropped() {
        rows++;
        dropped++;
    }

    /** Counts a row with an error. */
    synchronized void bad(RowProblem problem) {
        rows++;
        problems.merge(problem, 1L, Long::sum);
    }

    /** Counts a good row of {@code rowTokens} tokens, {@code rowPredicted} of them predicted at a cost of {@code rowNll} nats. */
    synchronized void scored(long rowTokens, long rowPredicted, double rowNll, long rowBytes) {
        rows++;
        scored++;
        tokens += rowTokens;
        predicted += rowPredicted;
        nll += rowNll;
        bytes += rowBytes;
    }

    /** Counts the verdict of a good row. */
    synchronized void judged(Verdict verdict) {
        judged += verdict.pValue() == null ? 0 : 1;
        unjudged += verdict.pValue() == null ? 1 : 0;
        odd += Boolean.TRUE.equals(verdict.isOdd()) ? 1 : 0;
    }

    /** Counts a row that added {@code turnTokens} tokens to its stream, the last {@code written} of them at a cost of {@code turnNll} nats. */
    synchronized void continued(long turnTokens, long written, double turnNll, LookupCounts turnLookup) {
        scored(turnTokens, written, turnNll, 0);
        lookup = lookup.plus(turnLookup);
    }

    /** Whether a row can be among the oddest: ask before making its entry. */
    synchronized boolean ranks(long rowTokens, Double pValue, double perplexity) {
        return rowTokens >= leastTokens
                && (topRows.size() < TOP || topRows.get(TOP - 1).mayFollow(pValue, perplexity));
    }

    /** Enters a row into the table of the oddest. */
    synchronized void rank(Ranked row) {
        insert(topRows, row);
    }

    /** Counts a stream that has ended; {@code stream} is null if none of its tokens was predicted. */
    synchronized void ended(Ranked stream) {
        streams++;
        if (stream != null) {
            insert(topStreams, stream);
        }
    }

    @Override
    public synchronized boolean isZero() {
        return rows == 0;
    }

    @Override
    public synchronized AccumulatorV2<ScoringSummary, ScoringSummary> copy() {
        ScoringTotals copy = new ScoringTotals(leastTokens);
        copy.add(value());
        return copy;
    }

    @Override
    public synchronized void reset() {
        problems.clear();
        topRows.clear();
        topStreams.clear();
        rows = 0;
        scored = 0;
        dropped = 0;
        streams = 0;
        tokens = 0;
        predicted = 0;
        nll = 0;
        bytes = 0;
        lookup = LookupCounts.NONE;
        judged = 0;
        unjudged = 0;
        odd = 0;
    }

    @Override
    public synchronized void add(ScoringSummary other) {
        rows += other.rows();
        scored += other.scored();
        dropped += other.dropped();
        other.problems().forEach((problem, count) -> problems.merge(problem, count, Long::sum));
        streams += other.streams();
        tokens += other.tokens();
        predicted += other.predicted();
        nll += other.nll();
        bytes += other.bytes();
        lookup = lookup.plus(other.lookup());
        judged += other.judged();
        unjudged += other.unjudged();
        odd += other.odd();
        other.topRows().forEach(row -> insert(topRows, row));
        other.topStreams().forEach(stream -> insert(topStreams, stream));
    }

    @Override
    public void merge(AccumulatorV2<ScoringSummary, ScoringSummary> other) {
        add(other.value());
    }

    @Override
    public synchronized ScoringSummary value() {
        return new ScoringSummary(
                rows,
                scored,
                dropped,
                Map.copyOf(problems),
                streams,
                tokens,
                predicted,
                nll,
                bytes,
                lookup,
                judged,
                unjudged,
                odd,
                List.copyOf(topRows),
                List.copyOf(topStreams));
    }

    private static void insert(List<Ranked> top, Ranked entry) {
        int place = 0;
        while (place < top.size() && Ranked.ODDEST_FIRST.compare(top.get(place), entry) <= 0) {
            place++;
        }
        if (place < TOP) {
            top.add(place, entry);
            if (top.size() > TOP) {
                top.remove(TOP);
            }
        }
    }

    private synchronized void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
    }
}
