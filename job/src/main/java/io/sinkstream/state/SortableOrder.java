package io.sinkstream.state;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;

/** Orders as bytes that compare, unsigned, as Spark sorts the values: what a stream's state keeps of its last row. */
public final class SortableOrder {
    /** A decimal of so many digits is a long, once its point is left out. */
    private static final int LONG_DIGITS = 18;

    private SortableOrder() {}

    /** Throws UserException if a column of this type can't order an endless stream. */
    public static void check(String column, DataType type) {
        boolean isSortable = type instanceof DecimalType decimal
                ? decimal.precision() <= LONG_DIGITS
                : type instanceof NumericType
                        || type instanceof BooleanType
                        || type instanceof StringType
                        || type instanceof BinaryType
                        || type instanceof DateType
                        || type instanceof TimestampType
                        || type instanceof TimestampNTZType;
        if (!isSortable) {
            throw new UserException(Settings.ORDER + ": column " + column + " is of type " + type.simpleString()
                    + "; allowed are numbers (decimals of up to " + LONG_DIGITS
                    + " digits), strings, binaries, booleans, dates and timestamps");
        }
    }

    /** The bytes of a value of a column that {@link #check} allows. */
    public static byte[] of(Object value) {
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        return ByteBuffer.allocate(Long.BYTES)
                .putLong(number(value) ^ Long.MIN_VALUE)
                .array();
    }

    private static long number(Object value) {
        if (value instanceof Double || value instanceof Float) {
            // Zero and minus zero are the same to Spark, and so are NaNs, the greatest of all.
            long bits = Double.doubleToLongBits(((Number) value).doubleValue() + 0.0);
            return bits < 0 ? bits ^ Long.MAX_VALUE : bits;
        }
        if (value instanceof BigDecimal decimal) {
            // All of one column have the same scale.
            return decimal.unscaledValue().longValueExact();
        }
        if (value instanceof Number number) {
            return number.longValue();
        }
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        if (value instanceof Timestamp timestamp) {
            return micros(timestamp.toInstant());
        }
        if (value instanceof Instant instant) {
            return micros(instant);
        }
        if (value instanceof LocalDateTime local) {
            return micros(local.toInstant(ZoneOffset.UTC));
        }
        if (value instanceof Date date) {
            return date.toLocalDate().toEpochDay();
        }
        if (value instanceof LocalDate date) {
            return date.toEpochDay();
        }
        throw new IllegalArgumentException("an order of class " + value.getClass());
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
}
