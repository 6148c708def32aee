package io.sinkstream.streaming;

import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.rows.RowProblem;
import io.sinkstream.rows.RowResult;
import io.sinkstream.stream.LookupCounts;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * What is counted of every row, in one column that comes out of the stateful operator, is summed for the query's progress
 * and goes no further.
 */
final class StreamCounts {
    static final String COLUMN = "__sinkstream_counts";

    /** The name of the sums in {@code StreamingQueryProgress.observedMetrics}. */
    static final String METRIC = "sinkstream";

    static final StructType SCHEMA =
            StructType.fromDDL("tokens BIGINT NOT NULL, problem STRING, dropped BOOLEAN NOT NULL,"
                    + " hits INT NOT NULL, rebuilds INT NOT NULL, rebuilt_tokens BIGINT NOT NULL,"
                    + " proposed BIGINT NOT NULL, accepted BIGINT NOT NULL");

    private StreamCounts() {}

    /** The counts of one row. */
    static Row of(RowResult<?> result) {
        return RowFactory.create(
                tokens(result.outcome()),
                result.outcome() instanceof Bad bad ? bad.problem().name() : null,
                result.isDropped(),
                result.caches().hits(),
                result.caches().rebuilds(),
                result.caches().rebuiltTokens(),
                lookup(result.outcome()).proposed(),
                lookup(result.outcome()).accepted());
    }

    private static LookupCounts lookup(RowOutcome outcome) {
        return outcome instanceof Continued turn ? turn.lookup() : LookupCounts.NONE;
    }

    private static long tokens(RowOutcome outcome) {
        if (outcome instanceof Scored score) {
            return score.tokens();
        }
        return outcome instanceof Continued turn ? turn.tokens() : 0;
    }

    /** The rows without their counts and without those to be dropped; the query's progress has the sums. */
    static Dataset<Row> observed(Dataset<Row> rows) {
        Column isLate = field("problem").equalTo(RowProblem.LATE.name());
        return rows.observe(
                        METRIC,
                        functions.count(functions.lit(1)).as("rows"),
                        sum(field("tokens")).as("tokens"),
                        sum(field("problem")
                                        .isNotNull()
                                        .and(functions.not(isLate))
                                        .cast("bigint"))
                                .as("bad_rows"),
                        sum(functions.coalesce(isLate, functions.lit(false)).cast("bigint"))
                                .as("late_rows"),
                        sum(field("dropped").cast("bigint")).as("dropped_rows"),
                        sum(field("hits")).as("cache_hits"),
                        sum(field("rebuilds")).as("cache_rebuilds"),
                        sum(field("rebuilt_tokens")).as("rebuilt_tokens"),
                        sum(field("proposed")).as("proposed_tokens"),
                        sum(field("accepted")).as("accepted_tokens"))
                .where(functions.not(field("dropped")))
                .drop(COLUMN);
    }

    private static Column sum(Column column) {
        return functions.coalesce(functions.sum(column), functions.lit(0L));
    }

    private static Column field(String name) {
        return functions.col(COLUMN).getField(name);
    }
}
