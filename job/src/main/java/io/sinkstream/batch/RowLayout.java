package io.sinkstream.batch;

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
 */
public record RowLayout(int columns, int key, int order, int content) implements Serializable {

    /** The key, or null. */
    public String key(Row row) {
        return row.getString(key);
    }

    /** The order, or null. */
    public Object order(Row row) {
        return order < 0 ? null : row.get(order);
    }

    /** Whether it has none where it should. */
    public boolean lacksOrder(Row row) {
        return order >= 0 && row.isNullAt(order);
    }

    /** Whether it has none. */
    public boolean lacksContent(Row row) {
        return row.isNullAt(content);
    }

    /** The text, which is not null. */
    public String text(Row row) {
        return row.getString(content);
    }

    /** The content as a text that tells it from others; null if it is null. */
    public String contentText(Row row) {
        return lacksContent(row) ? null : row.get(content).toString();
    }

    /** The token ids. Throws BadRow if one is null or is no int. */
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

    /** What is wrong with one row. Costs no other row anything. */
    public static final class BadRow extends Exception {
        private static final long serialVersionUID = 1;

        private final RowProblem problem;

        /** A row with this problem, told in words. */
        public BadRow(RowProblem problem, String message) {
            // Rows can be bad by the million: no stack trace.
            super(message, null, false, false);
            this.problem = problem;
        }

        /** Which of the problems it is. */
        public RowProblem problem() {
            return problem;
        }
    }
}
