package io.sinkstream.streaming;

import java.io.Serializable;
import org.apache.spark.sql.Row;

/**
 * Where a row of the stateful operator holds what only endless streams have, beside its {@link
 * io.sinkstream.batch.RowLayout}.
 *
 * @param bucket where the number of its bucket is
 * @param time where its event time is, milliseconds since 1970; negative if it has none
 * @param command where the name of a command is, null for a row of the input
 * @param state where a state to begin with is
 */
record StreamLayout(int bucket, int time, int command, int state) implements Serializable {

    int bucket(Row row) {
        return row.getInt(bucket);
    }

    /** The event time, or {@code otherwise}. */
    long time(Row row, long otherwise) {
        return time < 0 || row.isNullAt(time) ? otherwise : row.getLong(time);
    }

    String command(Row row) {
        return row.getString(command);
    }

    byte[] state(Row row) {
        return row.getAs(state);
    }
}
