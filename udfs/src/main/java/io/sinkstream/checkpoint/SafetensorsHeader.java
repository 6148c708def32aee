package io.sinkstream.checkpoint;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.sinkstream.settings.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The header of one safetensors file: 8 bytes little-endian length, that many bytes of JSON, then the data without holes
 * or overlaps. A header is believed in nothing: it is read as a stream, lengths are compared with the file before
 * anything of that size is made, and what the format forbids is a {@link UserException} that names the file, the tensor
 * and the field.
 *
 * @param tensors those of a type that can be a weight, by name, in the file's order
 * @param others the types of the rest (old checkpoints hold masks and the like), by name
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
record SafetensorsHeader(Map<String, TensorHeader> tensors, Map<String, SafetensorsType> others) {
    /** The format's own limit. */
    private static final long LONGEST = 100_000_000;

    /** As many as any tensor library knows of; a list of millions is an attack on memory. */
    private static final int MOST_DIMENSIONS = 64;

    private static final String METADATA = "__metadata__";

    SafetensorsHeader {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    /** One entry as it stands in the header; begin and end count bytes from the start of the data. */
    private record Entry(String name, SafetensorsType type, List<Long> shape, long begin, long end) {}

    static SafetensorsHeader read(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            return read(file, channel);
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        }
    }

    private static SafetensorsHeader read(Path file, SeekableByteChannel channel) throws IOException {
        long size = channel.size();
        ByteBuffer head = ByteBuffer.allocate((int) Math.min(size, GitLfs.HEAD));
        while (head.hasRemaining() && channel.read(head) > 0) {}
        GitLfs.refusePointer(file, head.array());
        channel.position(0);
        if (size < Long.BYTES) {
            throw new UserException(file + ": truncated: has " + size
                    + " bytes; expected a safetensors file, which starts with the 8 bytes of its header's length");
        }
        ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (prefix.hasRemaining()) {
            if (channel.read(prefix) < 0) {
                throw new EOFException("the file became shorter");
            }
        }
        long length = prefix.getLong(0);
        if (length < 2 || length > LONGEST) {
            throw new UserException(file + ": header length is " + Long.toUnsignedString(length) + "; expected 2 to "
                    + LONGEST + "; this is no safetensors file, or a damaged one");
        }
        if (length > size - Long.BYTES) {
            throw new UserException(file + ": truncated: header length is " + length + ", but only "
                    + (size - Long.BYTES) + " bytes follow it");
        }
        String what = file + ": the header";
        InputStream json = new Head(Channels.newInputStream(channel), length);
        List<Entry> entries = StrictJson.read(file, what, json, reader -> entries(reader, file, what));
        checkData(file, entries, Long.BYTES + length, size);

        Map<String, TensorHeader> tensors = new LinkedHashMap<>();
        Map<String, SafetensorsType> others = new LinkedHashMap<>();
        for (Entry entry : entries) {
            entry.type()
                    .stored()
                    .ifPresentOrElse(
                            type -> tensors.put(
                                    entry.name(),
                                    new TensorHeader(
                                            entry.name(),
                                            type,
                                            entry.shape(),
                                            file,
                                            Long.BYTES + length + entry.begin(),
                                            entry.end() - entry.begin())),
                            () -> others.put(entry.name(), entry.type()));
        }
        return new SafetensorsHeader(tensors, others);
    }

    private static List<Entry> entries(JsonReader json, Path file, String what) throws IOException {
        StrictJson.expectObject(json, what);
        List<Entry> entries = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = StrictJson.key(json, seen);
            if (name.equals(METADATA)) {
                checkMetadata(json, file);
            } else {
                entries.add(entry(json, file, name));
            }
        }
        json.endObject();
        return entries;
    }

    private static void checkMetadata(JsonReader json, Path file) throws IOException {
        String what = file + ": field \"" + METADATA + "\"";
        StrictJson.expectObject(json, what);
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String key = StrictJson.key(json, seen);
            JsonToken found = json.peek();
            if (found != JsonToken.STRING) {
                throw new UserException(
                        what + ": " + Shown.quoted(key) + " is " + StrictJson.described(found) + "; expected a string");
            }
            json.skipValue();
        }
        json.endObject();
    }

    private static Entry entry(JsonReader json, Path file, String name) throws IOException {
        String what = file + ": tensor " + Shown.quoted(name);
        StrictJson.expectObject(json, what);
        SafetensorsType type = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String field = StrictJson.key(json, seen);
            String place = what + ": field " + Shown.quoted(field);
            switch (field) {
                case "dtype" -> type = type(json, place);
                case "shape" -> shape = wholeNumbers(json, place, MOST_DIMENSIONS);
                case "data_offsets" -> offsets = wholeNumbers(json, place, 2);
                default ->
                    throw new UserException(
                            place + " is unknown; expected only \"dtype\", \"shape\" and \"data_offsets\"");
            }
        }
        json.endObject();
        if (type == null) {
            throw new UserException(what + ": field \"dtype\" is missing; expected a type such as \"F32\"");
        }
        if (shape == null) {
            throw new UserException(what + ": field \"shape\" is missing; expected a list of whole numbers");
        }
        if (offsets == null || offsets.size() != 2) {
            throw new UserException(what + ": field \"data_offsets\" is " + (offsets == null ? "missing" : offsets)
                    + "; expected two whole numbers, begin and end");
        }
        Entry entry = new Entry(name, type, shape, offsets.get(0), offsets.get(1));
        if (entry.begin() > entry.end()) {
            throw new UserException(
                    what + ": field \"data_offsets\" is " + offsets + "; expected a begin that is not after the end");
        }
        long bytes = bytes(entry, what);
        if (bytes != entry.end() - entry.begin()) {
            throw new UserException(what + ": field \"data_offsets\" is " + offsets + ", "
                    + (entry.end() - entry.begin()) + " bytes; expected " + bytes + " bytes for " + type + " of shape "
                    + shape);
        }
        return entry;
    }

    private static SafetensorsType type(JsonReader json, String place) throws IOException {
        JsonToken found = json.peek();
        if (found != JsonToken.STRING) {
            throw new UserException(
                    place + " is " + StrictJson.described(found) + "; expected a string such as \"F32\"");
        }
        String name = json.nextString();
        return SafetensorsType.named(name)
                .orElseThrow(() -> new UserException(place + " is " + Shown.quoted(name)
                        + ", which safetensors does not know; expected one of "
                        + Arrays.toString(SafetensorsType.values())));
    }

    private static List<Long> wholeNumbers(JsonReader json, String place, int most) throws IOException {
        JsonToken found = json.peek();
        if (found != JsonToken.BEGIN_ARRAY) {
            throw new UserException(
                    place + " is " + StrictJson.described(found) + "; expected a list of whole numbers");
        }
        List<Long> numbers = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            if (numbers.size() == most) {
                throw new UserException(place + " has more than " + most + " entries; expected at most " + most);
            }
            numbers.add(wholeNumber(json, place));
        }
        json.endArray();
        return List.copyOf(numbers);
    }

    private static long wholeNumber(JsonReader json, String place) throws IOException {
        JsonToken found = json.peek();
        if (found != JsonToken.NUMBER) {
            throw new UserException(
                    place + " holds " + StrictJson.described(found) + "; expected whole numbers of at least 0");
        }
        // Not nextLong, which takes 1.0 and "1" too.
        String digits = json.nextString();
        if (!digits.chars().allMatch(c -> c >= '0' && c <= '9') || digits.length() > 18) {
            throw new UserException(
                    place + " holds " + Shown.plain(digits) + "; expected whole numbers from 0 to 999999999999999999");
        }
        return Long.parseLong(digits);
    }

    private static long bytes(Entry entry, String what) {
        long bits = entry.type().bits();
        try {
            for (long dimension : entry.shape()) {
                bits = Math.multiplyExact(bits, dimension);
            }
        } catch (ArithmeticException e) {
            throw new UserException(
                    what + ": field \"shape\" is " + Shown.plain(entry.shape().toString())
                            + ", more than 2^63 bits; expected the shape of data in this file",
                    e);
        }
        if (bits % Byte.SIZE != 0) {
            throw new UserException(what + ": field \"shape\" is " + entry.shape() + ", which is " + bits + " bits of "
                    + entry.type() + "; expected whole bytes");
        }
        return bits / Byte.SIZE;
    }

    /** The tensors, in the order of their data, must fill the file from the header to its end. */
    private static void checkData(Path file, List<Entry> entries, long dataStart, long size) {
        List<Entry> byPlace = new ArrayList<>(entries);
        byPlace.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long promised = dataStart + entries.stream().mapToLong(Entry::end).max().orElse(0);
        if (promised > size) {
            throw new UserException(file + ": truncated: header promises " + promised + " bytes, file has " + size
                    + "; copy or download it again");
        }
        long end = 0;
        String before = "the header";
        for (Entry entry : byPlace) {
            String place = file + ": tensor " + Shown.quoted(entry.name()) + ": field \"data_offsets\" is ["
                    + entry.begin() + ", " + entry.end() + "]";
            if (entry.begin() < end) {
                throw new UserException(
                        place + ", which overlaps " + before + "; expected a begin of " + end + " or more");
            }
            if (entry.begin() > end) {
                throw new UserException(place + ", which leaves a hole of " + (entry.begin() - end) + " bytes after "
                        + before + "; expected a begin of " + end);
            }
            end = entry.end();
            before = "tensor " + Shown.quoted(entry.name());
        }
        if (promised < size) {
            throw new UserException(file + ": " + (size - promised) + " bytes follow the last tensor: header promises "
                    + promised + " bytes, file has " + size + "; expected no more than it promises");
        }
    }

    /** The first bytes of a stream. Not closed: the channel beneath has its owner. */
    private static final class Head extends InputStream {
        private final InputStream in;
        private long left;

        Head(InputStream in, long length) {
            this.in = in;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            int b = left == 0 ? -1 : in.read();
            left -= b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int n = left == 0 ? -1 : in.read(to, offset, (int) Math.min(length, left));
            left -= Math.max(n, 0);
            return n;
        }
    }
}
