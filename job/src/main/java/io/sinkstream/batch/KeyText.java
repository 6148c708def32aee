package io.sinkstream.batch;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;

/**
 * Keys as texts. A key is told apart by its text, which must be the same on Spark's side as on Java's, where all bytes that
 * are no UTF-8 look alike. So such a key is written {@code \x} and its bytes in hexadecimal, and so is one that begins with
 * {@code \x} itself.
 */
public final class KeyText {
    private static final String HEX = "\\x";
    private static final String MARK = "__sinkstream_key_text";
    private static final Metadata MARKED =
            new MetadataBuilder().putBoolean(MARK, true).build();

    private KeyText() {}

    /** The text of a column of strings or bytes. */
    static Column of(Column key) {
        Column text = key.cast("string");
        Column isPlain = functions.is_valid_utf8(text).and(functions.not(text.startsWith(HEX)));
        return functions
                .when(key.isNull().or(isPlain), text)
                .otherwise(functions.concat(functions.lit(HEX), functions.hex(key.cast("binary"))));
    }

    /** The same as a column of this name, which is known to be one. */
    public static Column of(Column key, String name) {
        return of(key).as(name, MARKED);
    }

    /** Whether it was made so. */
    static boolean isText(StructField field) {
        return field.metadata().contains(MARK);
    }
}
