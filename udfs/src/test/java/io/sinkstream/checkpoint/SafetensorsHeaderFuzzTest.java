package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.sun.management.ThreadMXBean;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever the bytes are: a header that fits its file, or a UserException; nothing else, and little memory. */
class SafetensorsHeaderFuzzTest {
    private static final List<String> ODD_VALUES = List.of(
            "-1",
            "-0",
            "0",
            "1",
            "1e3",
            "1.0",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "999999999999999999",
            "1e999999999",
            "null",
            "true",
            "[]",
            "{}",
            "\"0\"",
            "NaN",
            "\"F32\"",
            "\"I64\"",
            "\"\\ud800\"",
            "[".repeat(300),
            "9".repeat(5000));

    private static final Pattern VALUE = Pattern.compile("\"[A-Z0-9_]+\"|\\d+|[\\[\\]{},:]");

    private static Path file;

    @BeforeContainer
    static void makeFile() throws IOException {
        file = Files.createTempFile("sinkstream-fuzz", ".safetensors");
    }

    @AfterContainer
    static void deleteFile() throws IOException {
        Files.deleteIfExists(file);
    }

    /** One tensor to write. */
    record Tensor(SafetensorsType type, List<Long> shape) {
        long bytes() {
            return shape.stream().mapToLong(Long::longValue).reduce(type.bits(), (a, b) -> a * b) / Byte.SIZE;
        }
    }

    /** A file's content: tensors by name, and the seed of the order in which their data lies. */
    record Content(Map<String, Tensor> tensors, long order, int padding) {
        Map<String, Long> begins() {
            List<String> names = new ArrayList<>(tensors.keySet());
            Collections.shuffle(names, new Random(order));
            Map<String, Long> begins = new LinkedHashMap<>();
            long end = 0;
            for (String name : names) {
                begins.put(name, end);
                end += tensors.get(name).bytes();
            }
            return begins;
        }

        String header() {
            JsonObject header = new JsonObject();
            JsonObject metadata = new JsonObject();
            metadata.addProperty("format", "pt");
            header.add("__metadata__", metadata);
            begins().forEach((name, begin) -> {
                Tensor tensor = tensors.get(name);
                JsonArray shape = new JsonArray();
                tensor.shape().forEach(shape::add);
                JsonArray offsets = new JsonArray();
                offsets.add(begin);
                offsets.add(begin + tensor.bytes());
                JsonObject entry = new JsonObject();
                entry.addProperty("dtype", tensor.type().name());
                entry.add("shape", shape);
                entry.add("data_offsets", offsets);
                header.add(name, entry);
            });
            return header + " ".repeat(padding);
        }

        byte[] bytes(String header) {
            byte[] json = header.getBytes(StandardCharsets.UTF_8);
            long data = tensors.values().stream().mapToLong(Tensor::bytes).sum();
            return ByteBuffer.allocate(Math.toIntExact(Long.BYTES + json.length + data))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(json.length)
                    .put(json)
                    .array();
        }
    }

    @Provide
    Arbitrary<Content> contents() {
        Arbitrary<String> names = Arbitraries.strings()
                .withChars("abz019._-\"\\/\u00e9\u4e2d\n\t ")
                .ofMinLength(0)
                .ofMaxLength(12);
        // Four more numbers make whole bytes of the types that have 4 and 6 bits.
        Arbitrary<Tensor> tensors = Combinators.combine(
                        Arbitraries.of(SafetensorsType.class),
                        Arbitraries.longs().between(0, 6).list().ofMaxSize(4))
                .as((type, shape) -> {
                    List<Long> dimensions = new ArrayList<>(shape);
                    if (type.bits() % Byte.SIZE != 0) {
                        dimensions.add(4L);
                    }
                    return new Tensor(type, dimensions);
                });
        return Combinators.combine(
                        Arbitraries.maps(names, tensors).ofMaxSize(8),
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 9))
                .as(Content::new);
    }

    @Property
    void whatWasWrittenIsReadBack(@ForAll("contents") Content content) throws IOException {
        String json = content.header();
        Files.write(file, content.bytes(json));
        long data = (long) Long.BYTES + json.getBytes(StandardCharsets.UTF_8).length;

        SafetensorsHeader header = SafetensorsHeader.read(file);

        Map<String, TensorHeader> tensors = new LinkedHashMap<>();
        Map<String, SafetensorsType> others = new LinkedHashMap<>();
        content.begins().forEach((name, begin) -> {
            Tensor tensor = content.tensors().get(name);
            tensor.type()
                    .stored()
                    .ifPresentOrElse(
                            type -> tensors.put(
                                    name,
                                    new TensorHeader(name, type, tensor.shape(), file, data + begin, tensor.bytes())),
                            () -> others.put(name, tensor.type()));
        });
        assertThat(header).isEqualTo(new SafetensorsHeader(tensors, others));
    }

    @Property
    void randomBytesAreRefused(@ForAll @Size(max = 200) byte[] bytes) throws IOException {
        readOrRefuse(bytes);
    }

    @Property
    void randomBytesBehindAFittingLengthAreRefused(@ForAll @Size(max = 200) byte[] bytes) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(Long.BYTES + 1 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        readOrRefuse(whole.putLong(1 + bytes.length).put((byte) '{').put(bytes).array());
    }

    @Property(tries = 2000)
    void aFileWithDamagedBytesIsReadOrRefused(@ForAll("contents") Content content, @ForAll long seed)
            throws IOException {
        Random random = new Random(seed);
        byte[] bytes = content.bytes(content.header());
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        if (random.nextInt(4) == 0) {
            System.arraycopy(SafetensorsFile.prefix(random.nextLong() >> random.nextInt(64)), 0, bytes, 0, Long.BYTES);
        }
        if (random.nextInt(4) == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(2 * bytes.length));
        }
        readOrRefuse(bytes);
    }

    @Property(tries = 2000)
    void aHeaderWithOtherValuesIsReadOrRefused(@ForAll("contents") Content content, @ForAll long seed)
            throws IOException {
        Random random = new Random(seed);
        String damaged = VALUE.matcher(content.header())
                .replaceAll(value -> Matcher.quoteReplacement(
                        random.nextInt(20) == 0 ? ODD_VALUES.get(random.nextInt(ODD_VALUES.size())) : value.group()));
        readOrRefuse(content.bytes(damaged));
    }

    private static void readOrRefuse(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        SafetensorsHeader header = null;
        try {
            header = SafetensorsHeader.read(file);
        } catch (UserException e) {
            assertThat(e.getMessage()).startsWith(file + ": ").doesNotContain("\n", "\r");
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan((2L << 20) + 100L * bytes.length);
        if (header != null) {
            long end = bytes.length;
            assertThat(header.tensors().values()).allSatisfy(tensor -> {
                assertThat(tensor.offset()).isBetween(10L, end);
                assertThat(tensor.bytes()).isBetween(0L, end - tensor.offset());
            });
        }
    }
}
