package io.sinkstream.testing;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A weight, and the tests' own safetensors files of it. It reads well-formed files only: what the product does about a
 * file that lies is tested there.
 *
 * @param shape its dimensions
 * @param values row by row, widened to double
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares tensors as a whole
record Tensor(List<Integer> shape, double[] values) {

    Tensor {
        shape = List.copyOf(shape);
        int size = shape.stream().reduce(1, Math::multiplyExact);
        if (size != values.length) {
            throw new IllegalArgumentException("shape " + shape + " for " + values.length + " values");
        }
    }

    /** Writes one safetensors file: the header's length, the header padded to 8 bytes, the tensors by name. */
    static void write(Path file, SortedMap<String, Tensor> tensors, NumberType type) throws IOException {
        JsonObject header = new JsonObject();
        JsonObject metadata = new JsonObject();
        metadata.addProperty("format", "pt");
        header.add("__metadata__", metadata);
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            JsonArray shape = new JsonArray();
            tensor.shape().forEach(shape::add);
            JsonArray offsets = new JsonArray();
            offsets.add(offset);
            offset += (long) tensor.values().length * type.bytes();
            offsets.add(offset);
            JsonObject described = new JsonObject();
            described.addProperty("dtype", type.name());
            described.add("shape", shape);
            described.add("data_offsets", offsets);
            header.add(entry.getKey(), described);
        }
        String json = header.toString();
        byte[] padded = (json + " ".repeat(Math.floorMod(-json.getBytes(StandardCharsets.UTF_8).length, 8)))
                .getBytes(StandardCharsets.UTF_8);
        try (WritableByteChannel out = Files.newByteChannel(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            out.write(littleEndian(8 + padded.length)
                    .putLong(padded.length)
                    .put(padded)
                    .flip());
            for (Tensor tensor : tensors.values()) {
                ByteBuffer data = littleEndian(tensor.values().length * type.bytes());
                for (double value : tensor.values()) {
                    type.put(data, value);
                }
                out.write(data.flip());
            }
        }
    }

    /** All tensors of a checkpoint's folder, of one file or of the shards that the index names. */
    static SortedMap<String, Tensor> readAll(Path folder) throws IOException {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        Path index = folder.resolve("model.safetensors.index.json");
        if (Files.exists(index)) {
            JsonObject files = JsonParser.parseString(Files.readString(index))
                    .getAsJsonObject()
                    .getAsJsonObject("weight_map");
            for (String file : files.asMap().values().stream()
                    .map(JsonElement::getAsString)
                    .distinct()
                    .toList()) {
                tensors.putAll(read(folder.resolve(file)));
            }
        } else {
            tensors.putAll(read(folder.resolve("model.safetensors")));
        }
        return tensors;
    }

    private static Map<String, Tensor> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] json = new byte[Math.toIntExact(bytes.getLong())];
        bytes.get(json);
        int start = bytes.position();
        JsonObject header =
                JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
        header.remove("__metadata__");
        Map<String, Tensor> tensors = new TreeMap<>();
        for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
            JsonObject described = entry.getValue().getAsJsonObject();
            NumberType type = NumberType.valueOf(described.get("dtype").getAsString());
            List<Integer> shape = new ArrayList<>();
            described.getAsJsonArray("shape").forEach(size -> shape.add(size.getAsInt()));
            JsonArray offsets = described.getAsJsonArray("data_offsets");
            int from = offsets.get(0).getAsInt();
            double[] values = new double[(offsets.get(1).getAsInt() - from) / type.bytes()];
            bytes.position(start + from);
            for (int i = 0; i < values.length; i++) {
                values[i] = type.take(bytes);
            }
            tensors.put(entry.getKey(), new Tensor(shape, values));
        }
        return tensors;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
