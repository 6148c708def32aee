package io.sinkstream.checkpoint;

import java.nio.file.Path;
import java.util.List;

/**
 * Where one tensor lies.
 *
 * @param name its name in the checkpoint
 * @param type its number type
 * @param shape its dimensions
 * @param file the safetensors file
 * @param offset of its first byte in the file
 * @param bytes its size
 */
public record TensorHeader(String name, StoredType type, List<Long> shape, Path file, long offset, long bytes) {}
