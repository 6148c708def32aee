package io.sinkstream.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes a safetensors file.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafetensorsWriter {
    /** Data begins at a multiple of this, so that it can be mapped. */
    private static final int ALIGNMENT = 8;

    private static final int PIECE = 1 << 16;

    private SafetensorsWriter() {}

    /**
     * One tensor.
     *
     * @param numbers row by row, as many as the shape says
     */
    @SuppressWarnings("ArrayRecordComponent") // nothing compares tensors
    public record Tensor(String name, List<Long> shape, float[] numbers) {
        /** Checks that the numbers fill the shape. */
        public Tensor {
            if (shape.stream().reduce(1L, Math::multiplyExact) != numbers.length) {
                throw new IllegalArgumentException(name + ": " + numbers.length + " numbers for " + shape);
            }
        }
    }

    /**
     * Writes all of them in one number type.
     *
     * @param type F32, or BF16, to which numbers are rounded, ties to even
     * @param out stays open
     */
    public static void write(OutputStream out, List<Tensor> tensors, StoredType type) throws IOException {
        JsonObject header = new JsonObject();
        JsonObject metadata = new JsonObject();
        // Hugging Face's loader asks for it.
        metadata.addProperty("format", "pt");
        header.add("__metadata__", metadata);
        long at = 0;
        for (Tensor tensor : tensors) {
            long end = at + (long) tensor.numbers().length * type.bytes();
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", type.name());
            JsonArray shape = new JsonArray();
            tensor.shape().forEach(shape::add);
            entry.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(at);
            offsets.add(end);
            entry.add("data_offsets", offsets);
            header.add(tensor.name(), entry);
            at = end;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        int padding = Math.floorMod(-json.length, ALIGNMENT);
        out.write(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length + padding)
                .array());
        out.write(json);
        out.write(" ".repeat(padding).getBytes(StandardCharsets.UTF_8));
        for (Tensor tensor : tensors) {
            numbers(out, tensor.numbers(), type);
        }
    }

    private static void numbers(OutputStream out, float[] numbers, StoredType type) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < numbers.length; from += PIECE) {
            piece.clear();
            for (int i = from; i < Math.min(numbers.length, from + PIECE); i++) {
                switch (type) {
                    case F32 -> piece.putFloat(numbers[i]);
                    case BF16 -> piece.putShort(bfloat16(numbers[i]));
                    case F16 -> throw new IllegalArgumentException("nothing is written in " + type);
                }
            }
            out.write(piece.array(), 0, piece.position());
        }
    }

    /** The upper half of a float, rounded. */
    private static short bfloat16(float number) {
        int bits = Float.floatToRawIntBits(number);
        if (Float.isNaN(number)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }
}
