package io.sinkstream.batch;

import io.sinkstream.calibration.StreamEvidence;
import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.rows.RowProblem;
import io.sinkstream.rows.RowResult;
import io.sinkstream.rows.StreamEnd;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.Objects;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** What the rows of a segment come to so far, which says nothing of the segments before it. For one task. */
final class SegmentNumbers {
    /** The column that holds them; null in the rows of streams that are not cut. */
    static final String COLUMN = KeyedInput.HELPER + "numbers";

    /** {@code position} is the stream's, where its segment ends; null elsewhere. */
    static final DataType TYPE = StructType.fromDDL(
            "key STRING, segment INT, is_scored BOOLEAN, predicted BIGINT, nll DOUBLE, position BIGINT, judged BIGINT,"
                    + " smallest DOUBLE, largest DOUBLE");

    private final SegmentLayout layout;
    private String stream;
    private long predicted;
    private double nll;
    private boolean isOdd;

    /**
     * The numbers with one row.
     *
     * @param isScored whether it has a perplexity
     * @param evidence how odd they are
     */
    record Sums(boolean isScored, long predicted, double nll, StreamEvidence evidence) {
        Sums with(StreamEvidence other) {
            return new Sums(isScored, predicted, nll, other);
        }
    }

    SegmentNumbers(SegmentLayout layout) {
        this.layout = layout;
    }

    /**
     * Adds a row.
     *
     * @throws UserException if the stream goes on without a row that the next segment's history has
     */
    Sums add(RowResult<Row> result) {
        String key = layout.key(result.row());
        if (!Objects.equals(key, stream)) {
            stream = key;
            predicted = 0;
            nll = 0;
            isOdd = false;
        }
        if (result.outcome() instanceof Scored score) {
            predicted += score.predicted();
            nll += score.nll();
        }
        isOdd |= result.outcome() instanceof Bad bad && bad.problem() == RowProblem.NOT_FINITE;
        if (isOdd && layout.goesOn(result.row())) {
            throw new UserException(Settings.SPLIT_TOKENS + ": the model's numbers for a row of the stream "
                    + layout.rows().key(result.row()) + " are not finite, so that the stream goes on without it, which"
                    + " its segments behind that do not know; leave out " + Settings.SPLIT_TOKENS);
        }
        return new Sums(result.outcome() instanceof Scored, predicted, nll, StreamEvidence.NONE);
    }

    /** Whether the row's stream is cut, as far as this row can tell: the last one of each segment can. */
    boolean isOfCutStream(Row row) {
        return layout.segment(row) > 0 || layout.goesOn(row);
    }

    /** The column's value. {@code end} is null unless the row is the last good one of its segment that comes out. */
    Row value(Row row, Sums sums, StreamEnd end) {
        Long position = end == null ? null : (Long) end.state().position();
        return RowFactory.create(
                layout.rows().key(row),
                layout.segment(row),
                sums.isScored(),
                sums.predicted(),
                sums.nll(),
                position,
                sums.evidence().rows(),
                sums.evidence().smallest(),
                sums.evidence().largest());
    }
}
