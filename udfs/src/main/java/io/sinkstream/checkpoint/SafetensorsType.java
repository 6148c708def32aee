package io.sinkstream.checkpoint;

import java.util.Optional;

/** Every type of the safetensors format (the enum {@code Dtype} of its Rust crate); few can be weights here. */
enum SafetensorsType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(StoredType.F16),
    BF16(StoredType.BF16),
    I32(32),
    U32(32),
    F32(StoredType.F32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;
    private final Optional<StoredType> stored;

    SafetensorsType(int bits) {
        this.bits = bits;
        this.stored = Optional.empty();
    }

    SafetensorsType(StoredType stored) {
        this.bits = stored.bytes() * Byte.SIZE;
        this.stored = Optional.of(stored);
    }

    /** The size of one number; not always whole bytes. */
    int bits() {
        return bits;
    }

    /** What it is as a weight, or empty if it cannot be one. */
    Optional<StoredType> stored() {
        return stored;
    }

    static Optional<SafetensorsType> named(String name) {
        for (SafetensorsType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
