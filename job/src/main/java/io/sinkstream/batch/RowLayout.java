package io.sinkstream.batch;

import io.sinkstream.rows.BadRow;
import io.sinkstream.rows.Order;
import io.sinkstream.rows.RowFields;
import io.sinkstream.rows.RowProblem;
import java.io.Serializable;
import java.util.Locale;
import org.apache.spark.sql.Row;
import scala.collection.Iterable;

/**
 * Where a row of the sorted table holds what is needed of it: the input's columns come first, then those named here.
 *
 * @param columns how many columns the input has; they come out as they are
 * @param key where the stream's key is, a string
 * @param order where the order is; negative where the rows' order is the files' own, which has no ties and no nulls
 * @param content where the text or the array of token ids is
 * @param problem where it says what is wrong with the row; negative where nothing does
 */
public record RowLayout(int columns, int key, int order, int content, int problem)
        implements RowFields<Row>, Serializable {

    @Override
    public String problem(Row row) {
        return problem < 0 ? null : row.getString(problem);
    }

    @Override
    public String key(Row row) {
        return row.getString(key);
    }

    @Override
    public boolean isOrdered() {
        return order >= 0;
    }

    @Override
    public Order order(Row row) {
        return order < 0 || row.isNullAt(order) ? null : RowValues.order(row.get(order));
    }

    /** Whether it has none where it should. */
    public boolean lacksOrder(Row row) {
        return order >= 0 && row.isNullAt(order);
    }

    @Override
    public boolean hasContent(Row row) {
        return !row.isNullAt(content);
    }

    @Override
    public String text(Row row) {
        return row.getString(content);
    }

    /** All its columns, those that come out and those that were added. */
    @Override
    public long bytes(Row row) {
        return RowValues.bytes(row);
    }

    /** The content as a text that tells it from others; null if it is null. */
    public String contentText(Row row) {
        return hasContent(row) ? row.get(content).toString() : null;
    }

    @Override
    public int[] tokens(Row row) throws BadRow {
        Iterable<?> column = row.<Object>getSeq(content);
        int[] tokens = new int[column.size()];
        int index = 0;
        for (scala.collection.Iterator<?> ids = column.iterator(); ids.hasNext(); index++) {
            Object id = ids.next();
            if (id == null) {
                throw new BadRow(RowProblem.NULL_CONTENT, "token " + index + " of the row is null");
            }
            long token = ((Number) id).longValue();
            if (token != (int) token) {
                throw new BadRow(
                        RowProblem.BAD_TOKEN,
                        String.format(Locale.ROOT, "token id %d is outside the vocabulary of any model", token));
            }
            tokens[index] = (int) token;
        }
        return tokens;
    }
}
