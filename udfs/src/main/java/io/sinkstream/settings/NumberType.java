package io.sinkstream.settings;

import java.util.Locale;

/** A number type that a model can compute in. */
public enum NumberType {
    /** IEEE 754 single precision: the reference. */
    FLOAT32(4),
    /** The upper half of a single: 8 bits of significance. */
    BFLOAT16(2),
    /** Whole numbers of -127 to 127, with a factor for each row of a matrix. */
    INT8(1);

    private final int bytes;

    NumberType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of a number. */
    public int bytes() {
        return bytes;
    }

    /** The name that settings have for it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The type of keys and values beside weights of this type, where none is asked for. */
    public NumberType cache() {
        return this == FLOAT32 ? FLOAT32 : BFLOAT16;
    }
}
