package io.sinkstream.checkpoint;

import java.nio.file.Path;
import java.util.List;

/**
 * Where one tensor lies.
 *
 * @param name its name in the checkpoint
 * @param type its number type
 * @param shape its dimensions, slowest first; empty for a single number
 * @param file the safetensors file
 * @param offset of its first byte in the file
 * @param bytes its size
 */
public record TensorHeader(String name, StoredType type, List<Long> shape, Path file, long offset, long bytes) {
    /** Keeps a copy of the shape. */
    public TensorHeader {
        shape = List.copyOf(shape);
    }

    /** The first dimension, which {@link Checkpoint#map} counts in; 1 for a single number. */
    public long rows() {
        return shape.isEmpty() ? 1 : shape.get(0);
    }

    /** The bytes of one row; 0 if there is none. */
    public long rowBytes() {
        return rows() == 0 ? 0 : bytes / rows();
    }
}
