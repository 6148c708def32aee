package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static io.sinkstream.checkpoint.SafetensorsFile.entry;
import static io.sinkstream.checkpoint.SafetensorsFile.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A header that keeps to the format is read; each way to lie is refused by name. */
class SafetensorsHeaderTest {
    @TempDir
    Path folder;

    @Test
    void tensorsAreFoundWhereTheHeaderPutsThem() {
        String json = header(
                "\"__metadata__\":{\"format\":\"pt\"}",
                entry("second", "BF16", new long[] {3}, 24, 30),
                entry("first", "F32", new long[] {2, 3}, 0, 24),
                entry("scalar", "F16", new long[] {}, 30, 32),
                entry("empty", "F32", new long[] {0, 7}, 24, 24));
        Path file = SafetensorsFile.write(folder.resolve("x.safetensors"), json + "   ", 32);

        SafetensorsHeader header = SafetensorsHeader.read(file);

        long data = Long.BYTES + json.length() + 3L;
        assertThat(header.tensors())
                .containsExactly(
                        Map.entry(
                                "second", new TensorHeader("second", StoredType.BF16, List.of(3L), file, data + 24, 6)),
                        Map.entry("first", new TensorHeader("first", StoredType.F32, List.of(2L, 3L), file, data, 24)),
                        Map.entry("scalar", new TensorHeader("scalar", StoredType.F16, List.of(), file, data + 30, 2)),
                        Map.entry(
                                "empty",
                                new TensorHeader("empty", StoredType.F32, List.of(0L, 7L), file, data + 24, 0)));
        assertThat(header.others()).isEmpty();
    }

    @Test
    void maskBuffersOfOldCheckpointsAreKeptApart() {
        String json = header(
                entry("attn.masked_bias", "BOOL", new long[] {4}, 0, 4),
                entry("attn.scale", "F8_E4M3", new long[] {4}, 4, 8),
                entry("packed", "F4", new long[] {4}, 8, 10),
                entry("steps", "I64", new long[] {1}, 10, 18),
                entry("weight", "F32", new long[] {1}, 18, 22));

        SafetensorsHeader header =
                SafetensorsHeader.read(SafetensorsFile.write(folder.resolve("x.safetensors"), json, 22));

        assertThat(header.tensors()).containsOnlyKeys("weight");
        assertThat(header.others())
                .containsExactly(
                        Map.entry("attn.masked_bias", SafetensorsType.BOOL),
                        Map.entry("attn.scale", SafetensorsType.F8_E4M3),
                        Map.entry("packed", SafetensorsType.F4),
                        Map.entry("steps", SafetensorsType.I64));
    }

    @Test
    void aFileOfNoTensorsIsEmpty() {
        SafetensorsHeader header =
                SafetensorsHeader.read(SafetensorsFile.write(folder.resolve("x.safetensors"), "{}", 0));

        assertThat(header.tensors()).isEmpty();
    }

    static Stream<Arguments> lies() {
        String a = entry("a", "F32", new long[] {4}, 0, 16);
        return Stream.of(
                // The document.
                arguments("not JSON", "{\"a\"", 0, "the header is not valid JSON: End of input"),
                arguments("not strict JSON", "{a:1}", 0, "the header is not valid JSON: "),
                arguments("a list", "[1]", 0, "the header is a list; expected an object"),
                arguments("two documents", "{} {}", 0, "the header is not valid JSON: "),
                arguments(
                        "a name twice", header(a, a), 16, "the header is not valid JSON: key \"a\" stands there twice"),
                arguments(
                        "deeply nested",
                        "{\"a\":" + "[".repeat(100_000),
                        0,
                        "tensor \"a\" is a list; expected an object"),
                arguments(
                        "metadata of numbers",
                        "{\"__metadata__\":{\"format\":1}}",
                        0,
                        "field \"__metadata__\": \"format\" is a number; expected a string"),
                arguments(
                        "metadata is a string",
                        "{\"__metadata__\":\"pt\"}",
                        0,
                        "field \"__metadata__\" is a string; expected an object"),
                arguments(
                        "metadata key twice",
                        "{\"__metadata__\":{\"x\":\"\",\"x\":\"\"}}",
                        0,
                        "the header is not valid JSON: key \"x\" stands there twice"),
                // An entry's fields.
                arguments("entry is null", "{\"a\":null}", 0, "tensor \"a\" is null; expected an object"),
                arguments(
                        "no type",
                        "{\"a\":{\"shape\":[4],\"data_offsets\":[0,16]}}",
                        16,
                        "tensor \"a\": field \"dtype\" is missing; expected a type such as \"F32\""),
                arguments(
                        "no shape",
                        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,16]}}",
                        16,
                        "tensor \"a\": field \"shape\" is missing; expected a list of whole numbers"),
                arguments(
                        "no offsets",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4]}}",
                        16,
                        "tensor \"a\": field \"data_offsets\" is missing; expected two whole numbers, begin and end"),
                arguments(
                        "one offset",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0]}}",
                        16,
                        "tensor \"a\": field \"data_offsets\" is [0]; expected two whole numbers, begin and end"),
                arguments(
                        "three offsets",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16,32]}}",
                        16,
                        "tensor \"a\": field \"data_offsets\" has more than 2 entries; expected at most 2"),
                arguments(
                        "an unknown field",
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],\"stride\":[1]}}",
                        16,
                        "tensor \"a\": field \"stride\" is unknown; expected only \"dtype\", \"shape\" and"
                                + " \"data_offsets\""),
                arguments(
                        "a field twice",
                        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\"}}",
                        0,
                        "the header is not valid JSON: key \"dtype\" stands there twice"),
                arguments(
                        "type is a number",
                        "{\"a\":{\"dtype\":32}}",
                        0,
                        "tensor \"a\": field \"dtype\" is a number; expected a string such as \"F32\""),
                arguments(
                        "type unknown to the format",
                        header(entry("a", "FLOAT", new long[] {4}, 0, 16)),
                        16,
                        "tensor \"a\": field \"dtype\" is \"FLOAT\", which safetensors does not know; expected one of"
                                + " [BOOL, "),
                arguments(
                        "shape is a string",
                        "{\"a\":{\"shape\":\"4\"}}",
                        0,
                        "tensor \"a\": field \"shape\" is a string; expected a list of whole numbers"),
                arguments(
                        "shape of strings",
                        "{\"a\":{\"shape\":[\"4\"]}}",
                        0,
                        "tensor \"a\": field \"shape\" holds a string; expected whole numbers of at least 0"),
                arguments(
                        "shape of a fraction",
                        "{\"a\":{\"shape\":[4.0]}}",
                        0,
                        "tensor \"a\": field \"shape\" holds 4.0; expected whole numbers from 0 to 999999999999999999"),
                arguments(
                        "a negative dimension",
                        "{\"a\":{\"shape\":[-4]}}",
                        0,
                        "tensor \"a\": field \"shape\" holds -4; expected whole numbers from 0 to 999999999999999999"),
                arguments(
                        "a dimension of more than 63 bits",
                        "{\"a\":{\"shape\":[18446744073709551616]}}",
                        0,
                        "tensor \"a\": field \"shape\" holds 18446744073709551616; expected whole numbers from 0 to"
                                + " 999999999999999999"),
                arguments(
                        "a shape whose size overflows to 16 bytes",
                        header(entry("a", "F32", new long[] {1L << 32, 1L << 30, 4}, 0, 16)),
                        16,
                        "tensor \"a\": field \"shape\" is [4294967296, 1073741824, 4], more than 2^63 bits; expected"
                                + " the shape of data in this file"),
                arguments(
                        "a million dimensions",
                        "{\"a\":{\"shape\":[" + "1,".repeat(1_000_000) + "1]}}",
                        0,
                        "tensor \"a\": field \"shape\" has more than 64 entries; expected at most 64"),
                arguments(
                        "half a byte",
                        header(entry("a", "F4", new long[] {3}, 0, 2)),
                        2,
                        "tensor \"a\": field \"shape\" is [3], which is 12 bits of F4; expected whole bytes"),
                // Entries against data.
                arguments(
                        "shape against bytes",
                        header(entry("a", "F32", new long[] {5}, 0, 16)),
                        16,
                        "tensor \"a\": field \"data_offsets\" is [0, 16], 16 bytes; expected 20 bytes for F32 of shape"
                                + " [5]"),
                arguments(
                        "begin after end",
                        header(entry("a", "F32", new long[] {4}, 16, 0)),
                        16,
                        "tensor \"a\": field \"data_offsets\" is [16, 0]; expected a begin that is not after the end"),
                arguments(
                        "overlap",
                        header(a, entry("b", "F32", new long[] {4}, 12, 28)),
                        28,
                        "tensor \"b\": field \"data_offsets\" is [12, 28], which overlaps tensor \"a\"; expected a begin"
                                + " of 16 or more"),
                arguments(
                        "the same bytes twice",
                        header(a, entry("b", "F32", new long[] {4}, 0, 16)),
                        16,
                        "tensor \"b\": field \"data_offsets\" is [0, 16], which overlaps tensor \"a\"; expected a begin"
                                + " of 16 or more"),
                arguments(
                        "a hole",
                        header(a, entry("b", "F32", new long[] {4}, 20, 36)),
                        36,
                        "tensor \"b\": field \"data_offsets\" is [20, 36], which leaves a hole of 4 bytes after tensor"
                                + " \"a\"; expected a begin of 16"),
                arguments(
                        "a hole in front",
                        header(entry("b", "F32", new long[] {4}, 4, 20)),
                        20,
                        "tensor \"b\": field \"data_offsets\" is [4, 20], which leaves a hole of 4 bytes after the"
                                + " header; expected a begin of 0"),
                arguments(
                        "data cut off",
                        header(a),
                        10,
                        "truncated: header promises " + (8 + header(a).length() + 16) + " bytes, file has "
                                + (8 + header(a).length() + 10) + "; copy or download it again"),
                arguments(
                        "data left over",
                        header(a),
                        17,
                        "1 bytes follow the last tensor: header promises "
                                + (8 + header(a).length() + 16) + " bytes, file has "
                                + (8 + header(a).length() + 17)),
                arguments(
                        "offsets near 2^63",
                        header(entry("a", "F32", new long[] {4}, 999_999_999_999_999_983L, 999_999_999_999_999_999L)),
                        16,
                        "truncated: header promises 1000000000000000"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lies")
    void aHeaderThatLiesIsRefusedByName(String lie, String header, long dataBytes, String message) {
        Path file = SafetensorsFile.write(folder.resolve("x.safetensors"), header, dataBytes);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .as(lie)
                .startsWith(file + ": " + message)
                .hasSizeLessThan(file.toString().length() + 500);
    }

    @Test
    void aFileShorterThanItsFirstFieldIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("x.safetensors"), new byte[7]);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .isEqualTo(file + ": truncated: has 7 bytes; expected a safetensors file, which starts with the 8 bytes"
                        + " of its header's length");
    }

    @ParameterizedTest
    @MethodSource("wrongLengths")
    void aLengthThatNoHeaderHasIsRefused(long length, String shown) {
        Path file = SafetensorsFile.write(folder.resolve("x.safetensors"), length, new byte[] {'{', '}'}, 0);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .isEqualTo(file + ": header length is " + shown
                        + "; expected 2 to 100000000; this is no safetensors file, or a damaged one");
    }

    static Stream<Arguments> wrongLengths() {
        return Stream.of(
                arguments(0L, "0"),
                arguments(1L, "1"),
                arguments(-1L, "18446744073709551615"),
                arguments(Long.MIN_VALUE, "9223372036854775808"),
                arguments(100_000_001L, "100000001"));
    }

    @Test
    void aLengthOverTheFilesEndIsRefused() {
        Path file = SafetensorsFile.write(folder.resolve("x.safetensors"), 3, new byte[] {'{', '}'}, 0);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .isEqualTo(file + ": truncated: header length is 3, but only 2 bytes follow it");
    }

    @Test
    void theHeaderEndsWhereItsLengthSays() {
        Path file = SafetensorsFile.write(
                folder.resolve("x.safetensors"), 3, "{  }".getBytes(StandardCharsets.US_ASCII), 0);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .startsWith(file + ": the header is not valid JSON: End of input");
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        byte[] json = header(entry("\u00e9", "F32", new long[] {}, 0, 4)).getBytes(StandardCharsets.ISO_8859_1);
        Path file = SafetensorsFile.write(folder.resolve("x.safetensors"), json.length, json, 4);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .isEqualTo(file + ": the header is not valid UTF-8; the file is damaged");
    }

    @Test
    void aNameWithLineBreaksStaysOnOneLine() {
        Path file = SafetensorsFile.write(
                folder.resolve("x.safetensors"), "{\"a\\r\\n\\u2028\\ud800b" + "c".repeat(500) + "\":1}", 0);

        assertThat(refusal(() -> SafetensorsHeader.read(file)))
                .isEqualTo(file + ": tensor \"a    b" + "c".repeat(114) + "...\" is a number; expected an object");
    }

    @Test
    void aHundredMegabytesOfNothingCostNoMemory() throws IOException {
        Path file = folder.resolve("x.safetensors");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(SafetensorsFile.prefix(100_000_000));
            out.write('{');
            out.setLength(200_000_000);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        assertThat(refusal(() -> SafetensorsHeader.read(file))).contains("not valid JSON");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
    }
}
