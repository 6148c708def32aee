package io.sinkstream.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes safetensors files, right and wrong ones; the data is a hole of the file system unless it is written to. */
final class SafetensorsFile {
    private SafetensorsFile() {}

    /** A file whose header is this text, followed by so many bytes of data, all 0. */
    static Path write(Path file, String header, long dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return write(file, json.length, json, dataBytes);
    }

    /** The same, with a length that need not be the header's. */
    static Path write(Path file, long length, byte[] header, long dataBytes) {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(0);
            out.write(prefix(length));
            out.write(header);
            out.setLength(Long.BYTES + header.length + dataBytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /** Writes little-endian floats at a place of the file. */
    static void put(Path file, long offset, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(offset);
            out.write(bytes.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] prefix(long length) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array();
    }

    /** One entry of a header. */
    static String entry(String name, String type, long[] shape, long begin, long end) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, type, Arrays.toString(shape), begin, end);
    }

    static String header(String... entries) {
        return "{" + String.join(",", entries) + "}";
    }
}
