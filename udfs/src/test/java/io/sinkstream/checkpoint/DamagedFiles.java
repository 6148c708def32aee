package io.sinkstream.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Damages a checkpoint's files as an attacker or a bad disk would: other values, fields and bytes, and less or more of them. */
final class DamagedFiles {
    /** As JSON, what a reader may trip over. */
    private static final List<String> ODD_VALUES = List.of(
            "-1",
            "0",
            "1",
            "2",
            "3",
            "0.5",
            "-0.0",
            "1e-308",
            "1e308",
            "1e999",
            "65536",
            "2147483647",
            "2147483648",
            "-2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "9".repeat(400),
            "null",
            "true",
            "false",
            "\"\"",
            "\"0\"",
            "\"F32\"",
            "\"I64\"",
            "\"../model.safetensors\"",
            "\"/etc/passwd\"",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"\\n\\r\\u2028\"",
            "\"(a+)+$\"",
            "\"{{ x }}\"",
            "\"" + "a".repeat(5000) + "\"",
            "[]",
            "[null]",
            "[-1,2147483647]",
            "{}",
            "{\"\":0}",
            "[".repeat(40) + "]".repeat(40));

    /** A value, and what puts another in its place, or nothing. */
    private interface Place {
        JsonElement value();

        void put(JsonElement other);

        void remove();
    }

    private final Random random;

    DamagedFiles(long seed) {
        this.random = new Random(seed);
    }

    /** Damages one file, or two, of those that lie in the folder. */
    void damage(Path folder, Map<String, byte[]> files) throws IOException {
        List<String> names = new ArrayList<>(files.keySet());
        for (int i = random.nextInt(4) == 0 ? 2 : 1; i > 0; i--) {
            String name = names.get(random.nextInt(names.size()));
            byte[] whole = files.get(name);
            Files.write(folder.resolve(name), name.endsWith(".safetensors") ? weights(whole) : json(whole));
        }
    }

    private byte[] json(byte[] whole) {
        return random.nextInt(3) == 0 ? bytes(whole) : values(whole);
    }

    /** The header only, since any bytes are numbers: another header with the length that fits, or one that is damaged. */
    private byte[] weights(byte[] whole) {
        int length = Math.toIntExact(
                ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong());
        byte[] header = Arrays.copyOfRange(whole, Long.BYTES, Long.BYTES + length);
        byte[] damaged = json(header);
        long told = random.nextInt(8) == 0 ? random.nextLong() >> random.nextInt(64) : damaged.length;
        int data = whole.length - Long.BYTES - length;
        int kept = random.nextInt(8) == 0 ? random.nextInt(data + 1) : data;
        return ByteBuffer.allocate(Long.BYTES + damaged.length + kept)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(told)
                .put(damaged)
                .put(whole, Long.BYTES + length, kept)
                .array();
    }

    private byte[] bytes(byte[] whole) {
        byte[] bytes = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> System.arraycopy(bytes, random.nextInt(at + 1), bytes, at, random.nextInt(bytes.length - at));
                default -> bytes = Arrays.copyOf(bytes, 1 + at);
            }
        }
        return bytes;
    }

    private byte[] values(byte[] whole) {
        JsonElement root = JsonParser.parseString(new String(whole, StandardCharsets.UTF_8));
        for (int i = random.nextInt(3); i >= 0; i--) {
            List<Place> places = places(root);
            if (places.isEmpty()) {
                break;
            }
            Place place = places.get(random.nextInt(places.size()));
            switch (random.nextInt(6)) {
                case 0 -> place.remove();
                case 1 ->
                    place.put(places.get(random.nextInt(places.size())).value().deepCopy());
                default -> place.put(JsonParser.parseString(ODD_VALUES.get(random.nextInt(ODD_VALUES.size()))));
            }
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** All that are in a value, however deep; of a long array or object some. */
    private List<Place> places(JsonElement root) {
        List<Place> places = new ArrayList<>();
        add(root, places);
        return places;
    }

    private void add(JsonElement value, List<Place> places) {
        if (value instanceof JsonObject object) {
            for (String name : some(List.copyOf(object.keySet()))) {
                places.add(new Field(object, name));
                add(object.get(name), places);
            }
        } else if (value instanceof JsonArray array) {
            for (int i : some(IntStream.range(0, array.size()).boxed().toList())) {
                places.add(new Element(array, i));
                add(array.get(i), places);
            }
        }
    }

    /** A vocabulary would drown everything else. */
    private <T> List<T> some(List<T> all) {
        return all.size() <= 60
                ? all
                : random.ints(8, 0, all.size()).distinct().mapToObj(all::get).toList();
    }

    private record Field(JsonObject object, String name) implements Place {
        @Override
        public JsonElement value() {
            return object.get(name);
        }

        @Override
        public void put(JsonElement other) {
            object.add(name, other);
        }

        @Override
        public void remove() {
            object.remove(name);
        }
    }

    private record Element(JsonArray array, int index) implements Place {
        @Override
        public JsonElement value() {
            return array.get(index);
        }

        @Override
        public void put(JsonElement other) {
            array.set(index, other);
        }

        @Override
        public void remove() {
            array.remove(index);
        }
    }
}
