package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiny checkpoints: readable, the same every time, far from uniform. */
class TinyModelsTest {
    @TempDir
    private Path folder;

    static Stream<String> presets() {
        return Shape.presets().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("presets")
    void predictsFarFromUniformly(String preset) {
        Shape shape = Shape.presets().get(preset);
        PlainDecoder decoder = PlainDecoder.load(TinyModels.of(shape).write(folder));
        int[] ids = shape.tokens(200, 1);

        double[] dense = decoder.nll(ids, 0, ids.length);
        double[] streamed = decoder.nll(ids, 4, 28);

        // A uniform prediction costs ln(vocab) on every token. These cost more on random text, being sure and wrong.
        assertThat(Arrays.stream(dense).average().orElseThrow()).isGreaterThan(Math.log(shape.vocab()) + 0.3);
        // A wrong cache must show far above the 1e-4 nats that the product is held to.
        double change = IntStream.range(33, dense.length)
                .mapToDouble(t -> Math.abs(dense[t] - streamed[t]))
                .average()
                .orElseThrow();
        assertThat(change).isGreaterThan(0.01);
        // And a wrong distance of the sinks alone: S = 3 and R + 1 see as many tokens, shifted by one.
        double[] shifted = decoder.nll(ids, 3, 29);
        assertThat(IntStream.range(40, dense.length)
                        .mapToDouble(t -> Math.abs(shifted[t] - streamed[t]))
                        .average()
                        .orElseThrow())
                .isGreaterThan(1e-3);
    }

    @ParameterizedTest
    @MethodSource("presets")
    void writesTheSameBytesAgain(String preset) throws IOException {
        Shape shape = Shape.presets().get(preset);
        TinyModels model = TinyModels.of(shape).seed(5).tokenizer(Prefix.BOS);

        Map<String, String> first = contents(model.write(folder.resolve("first")));

        assertThat(first).containsOnlyKeys("config.json", "model.safetensors", "tokenizer.json");
        assertThat(contents(model.write(folder.resolve("again")))).isEqualTo(first);
        assertThat(contents(model.seed(6).write(folder.resolve("other"))).get("model.safetensors"))
                .isNotEqualTo(first.get("model.safetensors"));
    }

    /** The first Gaussian of seed 0, as Java's specification fixes it: other machines draw the same numbers. */
    @Test
    void drawsTheSameNumbersEverywhere() throws IOException {
        Shape shape = Shape.llama();
        TinyModels.of(shape).write(folder);
        Tensor tensor = Tensor.readAll(folder).get("model.embed_tokens.weight");

        assertThat(tensor.values()[0]).isEqualTo((float) (0.7 * 0.8025330637390305));
    }

    @ParameterizedTest
    @EnumSource(NumberType.class)
    void storesTheSameNumbersInEveryType(NumberType type) throws IOException {
        TinyModels model = TinyModels.of(Shape.biased());
        SortedMap<String, Tensor> single = Tensor.readAll(model.write(folder.resolve("single")));

        SortedMap<String, Tensor> stored = Tensor.readAll(model.storedAs(type).write(folder.resolve("stored")));

        double step =
                switch (type) {
                    case F32 -> 0;
                    case F16 -> 0x1p-11;
                    case BF16 -> 0x1p-8;
                };
        assertThat(stored.keySet()).isEqualTo(single.keySet());
        stored.forEach((name, tensor) -> {
            assertThat(tensor.shape()).isEqualTo(single.get(name).shape());
            for (int i = 0; i < tensor.values().length; i++) {
                double exact = single.get(name).values()[i];
                // Below 2^-14 halves are subnormal, 2^-24 apart.
                assertThat(tensor.values()[i])
                        .as("%s[%d]", name, i)
                        .isCloseTo(exact, within(Math.abs(exact) * step + (step == 0 ? 0 : 0x1p-25)));
            }
        });
        assertThat(config(folder.resolve("stored")).get("torch_dtype").getAsString())
                .isEqualTo(type.configName());
        PlainDecoder.load(folder.resolve("stored")).stream(4, 28).step(1);
    }

    /** Every half is read and written again as it is; so is every bfloat16. */
    @ParameterizedTest
    @EnumSource(
            value = NumberType.class,
            names = {"F16", "BF16"})
    void sixteenBitsRoundTrip(NumberType type) {
        for (int bits = 0; bits < 1 << 16; bits++) {
            ByteBuffer from =
                    ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort(0, (short) bits);
            double value = type.take(from);
            if (!Double.isNaN(value) && (value != 0 || bits == 0)) {
                ByteBuffer to = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
                type.put(to, value);
                assertThat(to.getShort(0)).as("%s", value).isEqualTo((short) bits);
            }
        }
    }

    /** Values that lie between two halves, and the two ends of the range, from the standard. */
    @Test
    void halvesRoundToEven() {
        assertThat(half(1 + 0x1p-11)).isEqualTo(0x3c00);
        assertThat(half(1 + 3 * 0x1p-11)).isEqualTo(0x3c02);
        assertThat(half(-2)).isEqualTo(0xc000);
        assertThat(half(65504)).isEqualTo(0x7bff);
        assertThat(half(65520)).isEqualTo(0x7c00);
        assertThat(half(0x1p-24)).isEqualTo(1);
        assertThat(half(0x1p-25)).isEqualTo(0);
        assertThat(half(0x1p-14)).isEqualTo(0x0400);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7})
    void shardsHoldTheSameModel(int shards) throws IOException {
        TinyModels model = TinyModels.of(Shape.llama());
        SortedMap<String, Tensor> whole = Tensor.readAll(model.write(folder.resolve("whole")));
        Path sharded = model.shards(shards).write(folder.resolve("sharded"));

        SortedMap<String, Tensor> read = Tensor.readAll(sharded);

        assertThat(contents(sharded)).hasSize(shards + 2).doesNotContainKey("model.safetensors");
        assertThat(contents(sharded)).containsKey("model-0000%d-of-0000%d.safetensors".formatted(shards, shards));
        assertThat(read.keySet()).isEqualTo(whole.keySet());
        read.forEach((name, tensor) -> assertThat(tensor.values())
                .as(name)
                .containsExactly(whole.get(name).values()));
    }

    @Test
    void saysItsShapeInTheConfig() throws IOException {
        JsonObject llama = config(TinyModels.of(Shape.llama3Scaling()).write(folder.resolve("llama3")));
        assertThat(llama.get("head_dim").getAsInt()).isEqualTo(24);
        assertThat(llama.get("tie_word_embeddings").getAsBoolean()).isTrue();
        assertThat(llama.getAsJsonObject("rope_scaling").get("rope_type").getAsString())
                .isEqualTo("llama3");

        JsonObject mistral =
                config(TinyModels.of(Shape.mistral().withSlidingWindow(64)).write(folder.resolve("mistral")));
        assertThat(mistral.get("head_dim").isJsonNull()).isTrue();
        assertThat(mistral.get("sliding_window").getAsInt()).isEqualTo(64);
        assertThat(mistral.has("attention_bias")).isFalse();

        JsonObject plain = config(TinyModels.of(Shape.llama()).write(folder.resolve("llama")));
        assertThat(plain.has("head_dim")).isFalse();
        assertThat(plain.get("rope_scaling").isJsonNull()).isTrue();
    }

    @Test
    void refusesWhatAConfigCannotSay() {
        assertThatThrownBy(() -> Shape.llama().withSlidingWindow(64)).hasMessageContaining("llama");
        assertThatThrownBy(() -> TinyModels.of(Shape.llama().withVocab(131)).tokenizer(Prefix.BOS))
                .hasMessageContaining("259")
                .hasMessageContaining("131");
    }

    private static int half(double value) {
        ByteBuffer to = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
        NumberType.F16.put(to, value);
        return to.getShort(0) & 0xffff;
    }

    private static JsonObject config(Path model) throws IOException {
        return JsonParser.parseString(Files.readString(model.resolve("config.json")))
                .getAsJsonObject();
    }

    /** The files by name, their bytes as text that can be compared. */
    private static Map<String, String> contents(Path model) throws IOException {
        try (Stream<Path> files = Files.list(model)) {
            return files.collect(Collectors.toMap(
                    file -> file.getFileName().toString(),
                    file -> {
                        try {
                            return Files.readString(file, StandardCharsets.ISO_8859_1);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    (one, two) -> one,
                    TreeMap::new));
        }
    }
}
