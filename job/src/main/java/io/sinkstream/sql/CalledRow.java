package io.sinkstream.sql;

import org.apache.spark.sql.catalyst.InternalRow;

/**
 * A row on its way through the model.
 *
 * @param row its own columns
 * @param index of the row in its task
 * @param texts that calls have of it, null where it has none
 * @param values of calls, in Spark's own types; filled lane by lane
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares rows.
record CalledRow(InternalRow row, long index, String[] texts, Object[] values) {}
