package io.sinkstream.batch;

import io.sinkstream.rows.FieldsOver;
import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Rows of segments of streams: behind what {@link RowLayout} names stand the segment, the row's place in the order of all,
 * the stream's state before the row if a segment begins with it, and whether its segment ends with it and its stream does not.
 *
 * @param rows where they hold what is theirs
 * @param first where the segment is
 */
record SegmentLayout(RowLayout rows, int first) implements FieldsOver<Row>, Serializable {
    static final String SEGMENT = KeyedInput.HELPER + "segment";
    static final String PLACE = KeyedInput.HELPER + "place";

    /** How many columns are added. */
    static final int ADDED = 4;

    /** The rows' columns with those that are added. */
    static StructType added(StructType columns) {
        return columns.add(SEGMENT, DataTypes.IntegerType, false)
                .add(PLACE, DataTypes.LongType, false)
                .add(KeyedInput.HELPER + "before", DataTypes.BinaryType, true)
                .add(KeyedInput.HELPER + "goes_on", DataTypes.BooleanType, false);
    }

    int segment(Row row) {
        return row.getInt(first);
    }

    /** Null unless a segment begins with it that is not its stream's first. */
    byte[] before(Row row) {
        return (byte[]) row.get(first + 2);
    }

    boolean goesOn(Row row) {
        return row.getBoolean(first + 3);
    }

    /** A segment is a stream of its own. */
    @Override
    public String key(Row row) {
        String key = rows.key(row);
        return key == null ? null : segment(row) + " " + key;
    }
}
