package io.sinkstream.tables;

import io.sinkstream.batch.KeyedInput;
import java.util.Arrays;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StringType;

/**
 * Keys that were not read as they were written. Of text in another encoding each character that is none becomes the same one,
 * by which different keys become one.
 */
final class LostKeys {
    /** The formats whose bytes become characters while they are read. */
    private static final Set<String> DECODED = Set.of("csv", "json");

    private static final String LOST = "\uFFFD";

    private LostKeys() {}

    /** The table, whose rows of such keys have a problem, see {@link KeyedInput#PROBLEM}. */
    static Dataset<Row> told(Dataset<Row> rows, String format, String key) {
        boolean isText = key != null
                && DECODED.contains(format)
                && Arrays.stream(rows.schema().fields())
                        .anyMatch(field -> field.name().equals(key) && field.dataType() instanceof StringType);
        if (!isText) {
            return rows;
        }
        Column isLost = functions.col(KeyedInput.quoted(key)).contains(LOST);
        return rows.withColumn(
                KeyedInput.PROBLEM,
                functions.coalesce(
                        KeyedInput.problem(rows),
                        functions.when(
                                isLost,
                                "the key has characters that could not be read: say the input's encoding,"
                                        + " such as --option encoding=ISO-8859-1")));
    }
}
