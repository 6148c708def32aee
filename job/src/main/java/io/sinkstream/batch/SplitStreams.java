package io.sinkstream.batch;

import io.sinkstream.calibration.CalibrationTotals;
import io.sinkstream.calibration.StreamEvidence;
import io.sinkstream.rows.StreamTotals;
import io.sinkstream.settings.Settings;
import io.sinkstream.state.EndState;
import io.sinkstream.state.SavedStates;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Scores streams that are cut into segments, which are streams to Spark: each is run by a task anywhere, from its stream's
 * sinks and history, see {@link io.sinkstream.stream.StreamState}, and so to the numbers of the whole.
 *
 * <p>A first pass reads rows without the model's numbers and says where segments begin. The second scores them. What a row says
 * of its stream as a whole needs the sums of the segments before its own: these are added when all are known.
 */
public final class SplitStreams {
    /** A segment's warm-up takes at most so many tokens, as a share of its own: of all segments together it is as much. */
    public static final double MOST_WARM_UP = 0.25;

    private final KeyedOptions options;
    private final int tokens;

    /**
     * @param options for scoring
     * @param tokens how long segments are
     */
    public SplitStreams(KeyedOptions options, int tokens) {
        this.options = options;
        this.tokens = tokens;
    }

    /** Why segments of this length do not pay, as it is told to users; empty if they do. */
    public Optional<String> waste() {
        // The pending token too.
        long warmUp = options.model().options().sinks() + options.describe().historyTokens() + 1;
        if (warmUp <= MOST_WARM_UP * tokens) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "%s %,d: streams run unsplit, since a segment first runs %,d tokens of its history, and that may cost %.0f%%"
                        + " of it; from %,d on it pays",
                Settings.SPLIT_TOKENS,
                tokens,
                warmUp,
                100 * MOST_WARM_UP,
                (long) Math.ceil(warmUp / MOST_WARM_UP)));
    }

    /**
     * Scores the segments. The results need {@link #joined}, and are to be kept meanwhile.
     *
     * @param endState what is to be kept of streams at their end; null for nothing
     * @param ordinary takes rows in that are known to be ordinary; null for none
     */
    public Dataset<Row> segments(
            Dataset<Row> input, ScoringTotals totals, EndState endState, CalibrationTotals ordinary) {
        StructType result = KeyedRows.result(input, options, endState).add(SegmentNumbers.COLUMN, SegmentNumbers.TYPE);
        int partitions = KeyedRows.partitions(input, options);
        KeyedOptions onExecutors = options.onExecutors();
        KeyedInput.Arranged arranged = KeyedInput.arranged(input, options.columns(), partitions);
        StructType cut = SegmentLayout.added(arranged.rows().schema());
        CutTask cutting = new CutTask(
                onExecutors.model(),
                options.rows(),
                arranged.layout(),
                SavedStates.endState(options.model().options()),
                tokens);
        Column key = functions.col(KeyedInput.KEY);
        Column segment = functions.col(SegmentLayout.SEGMENT);
        Dataset<Row> rows = KeyedInput.withTypes(arranged.rows().mapPartitions(cutting, Encoders.row(cut)), cut)
                .repartition(partitions, key, segment)
                .sortWithinPartitions(key, segment, functions.col(SegmentLayout.PLACE));
        PartitionTask scoring = new PartitionTask(
                onExecutors,
                arranged.layout(),
                UUID.randomUUID().toString(),
                totals,
                endState,
                new SegmentLayout(arranged.layout(), cut.length() - SegmentLayout.ADDED),
                ordinary);
        return KeyedInput.withTypes(rows.mapPartitions(scoring, Encoders.row(result)), result);
    }

    /** The results of whole streams, from those of {@link #segments}, which this runs; counts the streams that were cut. */
    public Dataset<Row> joined(Dataset<Row> scored, ScoringTotals totals, EndState endState) {
        List<Row> ends = scored.select(SegmentNumbers.COLUMN + ".*")
                .where("position IS NOT NULL")
                .collectAsList();
        Map<String, TreeMap<Integer, Row>> streams = new HashMap<>();
        ends.forEach(end -> streams.computeIfAbsent(end.getString(0), key -> new TreeMap<>())
                .put(end.getInt(1), end));
        Map<String, Before> before = new HashMap<>();
        streams.forEach((key, segments) -> before.put(key, before(key, segments, totals)));
        Column numbers = functions.col(SegmentNumbers.COLUMN);
        String perplexity = options.prefix() + "stream_perplexity";
        Dataset<Row> whole = scored.withColumn(
                perplexity,
                functions
                        .udf(perplexity(before), DataTypes.DoubleType)
                        .apply(numbers, functions.col(KeyedInput.quoted(perplexity))));
        if (endState != null) {
            whole = whole.withColumn(
                    EndState.COLUMN,
                    functions
                            .udf(state(before, endState), DataTypes.BinaryType)
                            .apply(numbers, functions.col(EndState.COLUMN)));
        }
        return whole.drop(SegmentNumbers.COLUMN);
    }

    /**
     * What a stream's segments come to before each of them.
     *
     * @param sums of all segments before one, by its number
     * @param last the last one that has an end
     */
    private record Before(TreeMap<Integer, Sum> sums, int last) implements Serializable {
        Sum of(int segment) {
            return sums.get(segment);
        }
    }

    private record Sum(long predicted, double nll) implements Serializable {}

    private Before before(String key, NavigableMap<Integer, Row> segments, ScoringTotals totals) {
        TreeMap<Integer, Sum> sums = new TreeMap<>();
        Sum sum = new Sum(0, 0);
        StreamEvidence evidence = StreamEvidence.NONE;
        for (Map.Entry<Integer, Row> segment : segments.entrySet()) {
            sums.put(segment.getKey(), sum);
            sum = new Sum(
                    sum.predicted + segment.getValue().getLong(3),
                    sum.nll + segment.getValue().getDouble(4));
            evidence = evidence.and(new StreamEvidence(
                    segment.getValue().getLong(6),
                    segment.getValue().getDouble(7),
                    segment.getValue().getDouble(8)));
        }
        // Of a last segment without an end, whose rows are all bad.
        sums.put(segments.lastKey() + 1, sum);
        Double perplexity = new StreamTotals(sum.predicted, sum.nll, null, 0).perplexity();
        totals.ended(
                perplexity == null
                        ? null
                        : new Ranked(
                                key,
                                null,
                                segments.lastEntry().getValue().getLong(5),
                                perplexity,
                                options.pValue(evidence, perplexity),
                                null));
        return new Before(sums, segments.lastKey());
    }

    private static UDF2<Row, Double, Double> perplexity(Map<String, Before> streams) {
        return (numbers, own) -> {
            if (numbers == null || !numbers.getBoolean(2)) {
                return own;
            }
            Sum sum = streams.get(numbers.getString(0)).of(numbers.getInt(1));
            return new StreamTotals(sum.predicted + numbers.getLong(3), sum.nll + numbers.getDouble(4), null, 0)
                    .perplexity();
        };
    }

    /** Of a stream's segments only the last has the stream's end. */
    private static UDF2<Row, byte[], byte[]> state(Map<String, Before> streams, EndState states) {
        return (numbers, own) -> {
            if (numbers == null || own == null) {
                return own;
            }
            Before stream = streams.get(numbers.getString(0));
            Sum sum = stream.of(numbers.getInt(1));
            return numbers.getInt(1) == stream.last ? states.behind(own, sum.predicted, sum.nll) : null;
        };
    }
}
