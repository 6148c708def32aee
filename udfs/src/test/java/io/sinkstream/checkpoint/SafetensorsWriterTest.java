package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsWriterTest {
    private static final List<SafetensorsWriter.Tensor> TENSORS = List.of(
            new SafetensorsWriter.Tensor("a", List.of(2L, 3L), new float[] {1, -2, 0.5f, 0, 1e-20f, 3e30f}),
            new SafetensorsWriter.Tensor("b.weight", List.of(1L), new float[] {7}));

    @TempDir
    private Path folder;

    private Path write(List<SafetensorsWriter.Tensor> tensors, StoredType type) throws IOException {
        Path file = folder.resolve(type + ".safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            SafetensorsWriter.write(out, tensors, type);
        }
        return file;
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        for (StoredType type : List.of(StoredType.F32, StoredType.BF16)) {
            Path file = write(TENSORS, type);
            SafetensorsHeader header = SafetensorsHeader.read(file);
            assertThat(header.tensors().keySet()).containsExactly("a", "b.weight");
            assertThat(header.tensors().get("a").shape()).containsExactly(2L, 3L);
            assertThat(header.tensors().get("a").type()).isEqualTo(type);
            assertThat(header.tensors().get("a").offset() % 8)
                    .as("can be mapped")
                    .isZero();
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("F32.safetensors"));
        ByteBuffer last = ByteBuffer.wrap(bytes, bytes.length - 28, 28).order(ByteOrder.LITTLE_ENDIAN);
        for (SafetensorsWriter.Tensor tensor : TENSORS) {
            for (float number : tensor.numbers()) {
                assertThat(last.getFloat()).isEqualTo(number);
            }
        }
    }

    @Test
    void bfloat16RoundsTiesToEven() throws IOException {
        float ulp = 0x1p-7f;
        float[] numbers = {1 + ulp / 2, 1 + 1.5f * ulp, 1 + 0.51f * ulp, -1 - ulp / 2, Float.NaN};
        Path file = write(List.of(new SafetensorsWriter.Tensor("x", List.of(5L), numbers)), StoredType.BF16);

        assertThat(bfloat16(file, 5)).containsExactly(1, 1 + 2 * ulp, 1 + ulp, -1, Float.NaN);
    }

    /** No bfloat16 is closer than the one that is written. */
    @Property(tries = 300)
    void bfloat16IsTheClosest(@ForAll @FloatRange(min = -1e30f, max = 1e30f) float number) throws IOException {
        Path file = Files.createTempFile("closest", ".safetensors");
        try {
            try (OutputStream out = Files.newOutputStream(file)) {
                SafetensorsWriter.write(
                        out,
                        List.of(new SafetensorsWriter.Tensor("x", List.of(1L), new float[] {number})),
                        StoredType.BF16);
            }
            float written = bfloat16(file, 1)[0];
            double error = Math.abs((double) written - number);
            int bits = Float.floatToRawIntBits(number) & 0xFFFF0000;
            assertThat(error).isLessThanOrEqualTo(Math.abs((double) Float.intBitsToFloat(bits) - number));
            assertThat(error).isLessThanOrEqualTo(Math.abs((double) Float.intBitsToFloat(bits + 0x10000) - number));
        } finally {
            Files.delete(file);
        }
    }

    private static float[] bfloat16(Path file, int count) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer last =
                ByteBuffer.wrap(bytes, bytes.length - 2 * count, 2 * count).order(ByteOrder.LITTLE_ENDIAN);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = Float.intBitsToFloat(last.getShort() << 16);
        }
        return numbers;
    }

    @Test
    void numbersThatDoNotFillTheShapeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SafetensorsWriter.Tensor("x", List.of(2L), new float[3]))
                .withMessage("x: 3 numbers for [2]");
    }
}
