package io.sinkstream.testing;

import java.nio.ByteBuffer;

/** The number types that checkpoints are stored in, written and read by hand: Java 17 has no 16-bit floats. */
public enum NumberType {
    /** IEEE single precision. */
    F32(4, "float32") {
        @Override
        void put(ByteBuffer to, double value) {
            to.putFloat((float) value);
        }

        @Override
        double take(ByteBuffer from) {
            return from.getFloat();
        }
    },

    /** IEEE half precision. */
    F16(2, "float16") {
        @Override
        void put(ByteBuffer to, double value) {
            to.putShort(half(value));
        }

        @Override
        double take(ByteBuffer from) {
            int bits = from.getShort();
            int exponent = (bits >> 10) & 0x1f;
            int fraction = bits & 0x3ff;
            double magnitude;
            if (exponent == 0) {
                magnitude = Math.scalb((double) fraction, -24);
            } else if (exponent == 0x1f) {
                magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            } else {
                magnitude = Math.scalb((double) (0x400 + fraction), exponent - 25);
            }
            return bits < 0 ? -magnitude : magnitude;
        }
    },

    /** bfloat16: the upper half of a single. */
    BF16(2, "bfloat16") {
        @Override
        void put(ByteBuffer to, double value) {
            int bits = Float.floatToIntBits((float) value);
            to.putShort((short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16));
        }

        @Override
        double take(ByteBuffer from) {
            return Float.intBitsToFloat(from.getShort() << 16);
        }
    };

    private final int bytes;
    private final String configName;

    NumberType(int bytes, String configName) {
        this.bytes = bytes;
        this.configName = configName;
    }

    /** The size of one number. */
    public int bytes() {
        return bytes;
    }

    /** What {@code config.json} calls it, in {@code torch_dtype}. */
    public String configName() {
        return configName;
    }

    /** Writes the nearest value of this type, ties to even; {@code to} is little-endian. */
    abstract void put(ByteBuffer to, double value);

    /** Reads one value; {@code from} is little-endian. */
    abstract double take(ByteBuffer from);

    private static short half(double value) {
        double magnitude = Math.abs(value);
        int bits;
        if (magnitude < 0x1p-14) {
            bits = (int) Math.rint(Math.scalb(magnitude, 24));
        } else if (magnitude < 0x1p16) {
            int exponent = Math.getExponent(magnitude);
            // A fraction that rounds up to 2048 carries into the exponent, as it should; at the top, into infinity.
            bits = ((exponent + 14) << 10) + (int) Math.rint(Math.scalb(magnitude, 10 - exponent));
        } else {
            bits = 0x7c00;
        }
        return (short) (value < 0 ? bits | 0x8000 : bits);
    }
}
