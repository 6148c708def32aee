package io.sinkstream.rows;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A row's place in its stream: any value that Spark can sort by, and its bytes, which compare, unsigned, as Spark sorts the
 * values. What a stream's state keeps of its last row is these bytes.
 */
public final class Order implements Comparable<Order> {
    /** Unscaled decimals of a smaller magnitude are written as longs. */
    private static final BigInteger WIDE = BigInteger.TEN.pow(18);

    /** Spark's widest decimal, of 38 digits, in two's complement. */
    private static final int WIDE_BYTES = 16;

    private final Object value;
    private final byte[] sortable;

    private Order(Object value, byte[] sortable) {
        this.value = value;
        this.sortable = sortable;
    }

    /**
     * The place that a value of an order column says.
     *
     * @param value a string, binary, number, boolean, date, time or interval as Spark's rows hold them in Java, or a list of
     *     such values and nulls, which stands for a struct or an array
     */
    public static Order of(Object value) {
        return new Order(value, bytes(value));
    }

    /** The bytes. Not to be changed. */
    public byte[] sortable() {
        return sortable;
    }

    /** Whether a stream whose last row's bytes these are has come as far; a stream without rows (null) has not. */
    boolean isAtOrBelow(byte[] last) {
        return last != null && Arrays.compareUnsigned(sortable, last) <= 0;
    }

    @Override
    public int compareTo(Order other) {
        return Arrays.compareUnsigned(sortable, other.sortable);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Order order && Arrays.equals(sortable, order.sortable);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sortable);
    }

    /** For people to read. */
    @Override
    public String toString() {
        return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value.toString();
    }

    private static byte[] bytes(Object value) {
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof List<?> parts) {
            return composite(parts);
        }
        // All of one column have the same scale.
        return value instanceof BigDecimal decimal ? decimal(decimal.unscaledValue()) : fixed(number(value));
    }

    private static byte[] fixed(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number ^ Long.MIN_VALUE).array();
    }

    /** What is too large for a long of 18 digits sorts before or behind all of those by its first byte. */
    private static byte[] decimal(BigInteger unscaled) {
        if (unscaled.abs().compareTo(WIDE) < 0) {
            return fixed(unscaled.longValueExact());
        }
        byte sign = (byte) (unscaled.signum() >> 1);
        byte[] magnitude = unscaled.toByteArray();
        byte[] wide = new byte[1 + WIDE_BYTES];
        Arrays.fill(wide, sign);
        wide[0] = (byte) ~sign;
        System.arraycopy(magnitude, 0, wide, wide.length - magnitude.length, magnitude.length);
        return wide;
    }

    /**
     * A null sorts first, and what is the start of another before it. Each part's end is a zero byte, and a zero within it is
     * followed by 0xff, which no part begins with.
     */
    private static byte[] composite(List<?> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Object part : parts) {
            all.write(part == null ? 0 : 1);
            if (part != null) {
                for (byte each : bytes(part)) {
                    all.write(each);
                    if (each == 0) {
                        all.write(0xff);
                    }
                }
                all.write(0);
            }
        }
        return all.toByteArray();
    }

    private static long number(Object value) {
        if (value instanceof Double || value instanceof Float) {
            // Zero and minus zero are the same to Spark, and so are NaNs, the greatest of all.
            long bits = Double.doubleToLongBits(((Number) value).doubleValue() + 0.0);
            return bits < 0 ? bits ^ Long.MAX_VALUE : bits;
        }
        if (value instanceof Number number) {
            return number.longValue();
        }
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        return time(value);
    }

    private static long time(Object value) {
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
        if (value instanceof Period months) {
            return months.toTotalMonths();
        }
        if (value instanceof Duration duration) {
            return Math.addExact(Math.multiplyExact(duration.getSeconds(), 1_000_000L), duration.getNano() / 1_000);
        }
        throw new IllegalArgumentException("an order of class " + value.getClass());
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
}
