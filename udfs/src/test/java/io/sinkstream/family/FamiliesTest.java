package io.sinkstream.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TensorHeader;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.decoder.Numbers;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.NumberType;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From a checkpoint's config and weights to numbers, or to one line that says what is wrong. */
class FamiliesTest {
    /** fp32 against double precision over a few layers, nats. */
    private static final double SAME = 1e-4;

    private static final SinkWindow RULE = new SinkWindow(4, 28);

    @TempDir
    private Path folder;

    private double[] numbers(int[] ids) {
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        try (Decoder decoder = Families.load(Checkpoint.open(folder), RULE, Numbers.REFERENCE, manager);
                KeyValueCache cache = new KeyValueCache(manager, decoder.cacheShape(), decoder.cells())) {
            int last = ids.length - 1;
            Chunk chunk = new Chunk(cache, Arrays.copyOf(ids, last), Arrays.copyOfRange(ids, 1, ids.length), false, 0);
            return decoder.run(List.of(chunk)).get(0).nll();
        }
    }

    @ParameterizedTest
    @EnumSource(NumberType.class)
    void everyStoredTypeAndShardsGiveTheReferencesNumbers(NumberType type) {
        TinyModels.Shape shape = TinyModels.Shape.biased();
        int[] ids = shape.tokens(80, 1);
        for (int shards : new int[] {1, 3}) {
            TinyModels.of(shape).storedAs(type).shards(shards).write(folder.resolve("m" + shards));
            Path there = folder.resolve("m" + shards);
            double[] wanted = PlainDecoder.load(there).nll(ids, 4, 28);
            FamiliesTest other = new FamiliesTest();
            other.folder = there;
            assertThat(other.numbers(ids)).as("%s in %d", type, shards).containsExactly(wanted, within(SAME));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3Scaling", "linearScaling", "llama"})
    void ropeParametersOfTransformers5SayTheSame(String preset) throws IOException {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(80, 1);
        double[] wanted = PlainDecoder.load(folder).nll(ids, 4, 28);
        JsonObject config = config();
        JsonObject parameters =
                config.get("rope_scaling").isJsonNull() ? new JsonObject() : config.getAsJsonObject("rope_scaling");
        parameters.add("rope_theta", config.get("rope_theta"));
        config.remove("rope_theta");
        config.remove("rope_scaling");
        config.add("rope_parameters", parameters);
        write(config);

        assertThat(numbers(ids)).containsExactly(wanted, within(SAME));
    }

    /** Fields that a config may have and that change nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "llama   | pretraining_tp           | 2",
                "llama   | max_position_embeddings  | 8",
                "llama   | use_cache                | false",
                "llama   | sliding_window           | null",
                "llama   | head_dim                 | 16",
                "llama   | partial_rotary_factor    | 1.0",
                "llama   | rope_scaling             | {\"rope_type\": \"default\"}",
                "llama   | rope_scaling             | {\"rope_type\": \"default\", \"type\": \"default\"}",
                "llama   | n_layer                  | 3.0",
                "llama   | layer_norm_eps           | 0.5",
                "llama   | rope_parameters          | {\"rope_type\": \"default\", \"rope_theta\": 10000}",
                "mistral | sliding_window           | null",
                "mistral | sliding_window           | 33",
                "mistral | attention_bias           | false",
                "mistral | model_type               | \"llama\"",
            })
    void whatChangesNoNumberIsAccepted(String preset, String field, String value) throws IOException {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(60, 1);
        double[] wanted = PlainDecoder.load(folder).nll(ids, 4, 28);
        set(field, value);
        assertThat(numbers(ids)).containsExactly(wanted, within(SAME));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "llama   | model_type            | null      | model_type | is missing; expected a string, such as \"llama\"",
                "llama   | rope_scaling          | {\"rope_type\": \"yarn\", \"factor\": 4.0} | rope_scaling.rope_type | is \"yarn\"; supported: default, linear or llama3",
                "llama   | rope_scaling          | {\"type\": \"dynamic\", \"factor\": 4.0} | rope_scaling.type | is \"dynamic\"; supported: default, linear or llama3",
                "llama   | rope_scaling          | {\"rope_type\": \"longrope\"} | rope_scaling.rope_type | is \"longrope\"; supported: default, linear or llama3",
                "llama   | rope_scaling          | {\"factor\": 4.0} | rope_scaling.rope_type | is missing; supported: default, linear or llama3",
                "llama   | rope_scaling          | {\"type\": \"linear\"} | rope_scaling.factor | is missing; supported: a number above 0",
                "llama   | rope_scaling          | {\"type\": \"linear\", \"factor\": -2} | rope_scaling.factor | is -2; supported: a number above 0",
                "llama   | rope_scaling          | {\"type\": \"linear\", \"rope_type\": \"default\", \"factor\": 2} | rope_scaling.rope_type | is \"default\"; supported: what \"rope_scaling.type\", another name of it, says, \"linear\"",
                "llama   | rope_scaling          | {\"type\": \"default\", \"rope_type\": \"linear\", \"factor\": 2} | rope_scaling.rope_type | is \"linear\"; supported: what \"rope_scaling.type\", another name of it, says, \"default\"",
                "llama   | n_embd                | 32 | hidden_size | is 64; supported: what \"n_embd\", another name of it, says, 32",
                "llama   | n_layer               | 7 | num_hidden_layers | is 3; supported: what \"n_layer\", another name of it, says, 7",
                "llama   | rope_scaling          | \"linear\" | rope_scaling | is \"linear\"; expected an object",
                "llama   | rope_scaling          | {\"rope_type\": \"llama3\", \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64} | rope_scaling.factor | is missing; supported: a number above 0",
                "llama   | rope_scaling          | {\"rope_type\": \"llama3\", \"factor\": 8, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64} | rope_scaling.low_freq_factor | is missing; supported: a number above 0",
                "llama   | rope_scaling          | {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64} | rope_scaling.high_freq_factor | is 4; supported: more than low_freq_factor, 4.0",
                "llama   | rope_scaling          | {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4} | rope_scaling.original_max_position_embeddings | is missing; supported: a number above 0",
                "llama   | rope_parameters       | {\"rope_type\": \"yarn\", \"rope_theta\": 10000} | rope_parameters.rope_type | is \"yarn\"; supported: default, linear or llama3",
                "llama   | rope_parameters       | {\"rope_type\": \"default\", \"rope_theta\": 500000.0} | rope_theta | is 10000.0; supported: what another field says, 500000.0",
                "llama   | rope_parameters       | {\"rope_type\": \"default\", \"partial_rotary_factor\": 0.5} | rope_parameters.partial_rotary_factor | is 0.5; supported: 1.0 in this family",
                "llama   | rope_theta            | 0 | rope_theta | is 0; supported: a number above 0",
                "llama   | hidden_act            | \"gelu\" | hidden_act | is \"gelu\"; supported: silu",
                "llama   | num_key_value_heads   | 3 | num_key_value_heads | is 3; supported: a divisor of num_attention_heads, 4",
                "llama   | num_attention_heads   | 0 | num_attention_heads | is 0; expected a whole number of at least 1",
                "llama   | head_dim              | 15 | head_dim | is 15; supported: an even head size",
                "llama   | partial_rotary_factor | 0.5 | partial_rotary_factor | is 0.5; supported: 1.0 in this family",
                "llama   | hidden_size           | null | hidden_size | is missing; expected a whole number of at least 1",
                "llama   | layer_types           | [\"sliding_attention\"] | layer_types | is [\"sliding_attention\"]; supported: full_attention for all layers, as there is no sliding_window",
                "mistral | attention_bias        | true | attention_bias | is true; supported: no value in the family mistral",
                "mistral | mlp_bias              | true | mlp_bias | is true; supported: no value in the family mistral",
                "mistral | sliding_window        | 32 | sliding_window | is 32; supported: at least attention-sink-size + attention-sink-window-size + 1 = 33; choose a smaller attention-sink-window-size",
                "llama   | sliding_window        | 32 | sliding_window | is 32; supported: at least attention-sink-size + attention-sink-window-size + 1 = 33; choose a smaller attention-sink-window-size",
            })
    void whatWouldChangeTheNumbersIsRefused(String preset, String set, String value, String field, String message)
            throws IOException {
        TinyModels.of(TinyModels.Shape.presets().get(preset)).write(folder);
        set(set, value);
        assertRefused(folder.resolve("config.json") + ": field \"" + field + "\" " + message);
    }

    @Test
    void anUnknownFamilyIsRefusedAndAllKnownOnesAreNamed() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("model_type", "\"gpt2\"");
        assertRefused(folder.resolve("config.json") + ": field \"model_type\" is \"gpt2\"; supported: one of "
                + String.join(", ", Families.types()));
        assertThat(Families.types()).isSorted().contains("llama", "mistral", "qwen3", "stablelm_epoch");
    }

    @Test
    void aQuantizedCheckpointIsRefused() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("quantization_config", "{\"quant_method\": \"gptq\"}");
        assertRefused(folder.resolve("config.json") + ": field \"quantization_config\" is {\"quant_method\":\"gptq\"};"
                + " supported: no quantized checkpoint; convert it to float weights");
    }

    @Test
    void ropeParametersAndRopeScalingTogetherAreRefused() throws IOException {
        TinyModels.of(TinyModels.Shape.linearScaling()).write(folder);
        set("rope_parameters", "{\"rope_type\": \"default\"}");
        assertRefused(folder.resolve("config.json")
                + ": field \"rope_scaling\" is {\"type\":\"linear\",\"factor\":4.0}; supported: none beside"
                + " rope_parameters");
    }

    @Test
    void headsThatDoNotDivideTheWidthAreRefused() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("num_attention_heads", "5");
        set("num_key_value_heads", "5");
        assertRefused(folder.resolve("config.json")
                + ": field \"hidden_size\" is 64; supported: a multiple of num_attention_heads, 5");
    }

    /** Mistral's own default: a config that says nothing has a window, one that says null has none. */
    @Test
    void aMistralThatSaysNothingOfItsWindowHasOne() throws IOException {
        TinyModels.of(TinyModels.Shape.mistral()).write(folder);
        JsonObject config = config();
        config.remove("sliding_window");
        write(config);
        Checkpoint checkpoint = Checkpoint.open(folder);
        assertThatCode(() -> Families.spec(checkpoint, new SinkWindow(4, 4091))).doesNotThrowAnyException();
        assertThatThrownBy(() -> Families.spec(checkpoint, new SinkWindow(4, 4092)))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith(folder.resolve("config.json") + ": field \"sliding_window\" is missing;");
    }

    @Test
    void aMissingTensorIsNamed() throws IOException {
        TinyModels.of(TinyModels.Shape.biased().withBiases(Set.of())).write(folder);
        set("attention_bias", "true");
        assertRefused(folder + ": tensor \"model.layers.0.self_attn.q_proj.bias\" is missing; looked in"
                + " model.safetensors");
    }

    @Test
    void aNumberOfLayersThatLiesIsFoundAtOnce() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("num_hidden_layers", "2000000000");
        assertRefused(folder.resolve("config.json")
                + ": field \"num_hidden_layers\" is 2000000000; supported: at most 10000");
    }

    @Test
    void aHeadSizeThatLiesIsFoundAtOnce() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("head_dim", "1000000000");
        assertRefused(folder.resolve("config.json") + ": field \"head_dim\" is 1000000000; supported: at most 65536");
    }

    @Test
    void aTensorOfAnotherShapeIsNamed() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("intermediate_size", "173");
        assertRefused(folder.resolve("model.safetensors") + ": tensor \"model.layers.0.mlp.gate_proj.weight\" has shape"
                + " [172, 64]; config.json makes it [173, 64]");
    }

    @Test
    void aBiasThatNobodyWouldAddIsRefused() throws IOException {
        TinyModels.of(TinyModels.Shape.biased()).write(folder);
        set("mlp_bias", "false");
        assertRefused(
                folder.resolve("model.safetensors") + ": tensor \"model.layers.0.mlp.down_proj.bias\" has no place"
                        + " in a llama as config.json describes it; supported: only what is used");
    }

    @Test
    void moreLayersThanTheConfigSaysAreRefused() throws IOException {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        set("num_hidden_layers", "2");
        assertThatThrownBy(() -> Families.spec(Checkpoint.open(folder), RULE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("\"model.layers.2.")
                .hasMessageContaining("has no place");
    }

    /** A tied head is the embedding, also where a checkpoint stores the head. */
    @Test
    void aStoredHeadOfATiedModelIsIgnored() throws IOException {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        set("tie_word_embeddings", "true");
        int[] ids = shape.tokens(40, 1);
        assertThat(numbers(ids)).containsExactly(PlainDecoder.load(folder).nll(ids, 4, 28), within(SAME));
    }

    @ParameterizedTest
    @EnumSource(NumberType.class)
    void aTensorInPiecesIsTheWhole(NumberType type) {
        TinyModels.of(TinyModels.Shape.llama()).storedAs(type).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        TensorHeader header = checkpoint.tensor("model.layers.1.mlp.gate_proj.weight");
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu())) {
            float[] whole = MappedWeight.load(checkpoint, header, manager, Integer.MAX_VALUE)
                    .toFloatArray();
            assertThat(whole).hasSize(172 * 64);
            // A row has 64 numbers: pieces of one row, of seven and a rest, of all but one.
            for (int most : new int[] {1, 64 * 4, 7 * 64 * 4 + 3, 171 * 64 * 4}) {
                NDArray joined = MappedWeight.load(checkpoint, header, manager, most);
                assertThat(joined.getShape().getShape()).containsExactly(172, 64);
                assertThat(joined.toFloatArray()).as("%d bytes a piece", most).containsExactly(whole);
            }
            assertThat(manager.getManagedArrays()).as("pieces are freed").hasSize(5);
        }
    }

    /** Direct buffers count against the JVM's limit, which is the heap's: a tensor of 26 MB in fp32 takes one of them at a time. */
    @Test
    void aLargeTensorIsWidenedInSmallBuffers() {
        TinyModels.of(TinyModels.Shape.llama().withLayers(1).withVocab(100_000))
                .storedAs(NumberType.BF16)
                .write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        TensorHeader header = checkpoint.tensor("model.embed_tokens.weight");
        BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu())) {
            long before = direct.getMemoryUsed();
            Shape shape = MappedWeight.load(checkpoint, header, manager, MappedWeight.PIECE)
                    .getShape();
            assertThat(shape).isEqualTo(new Shape(100_000, 64));
            assertThat(direct.getMemoryUsed() - before).isBetween(1L, MappedWeight.PIECE + 4096L);
        }
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> Families.spec(Checkpoint.open(folder), RULE))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
    }

    private JsonObject config() throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                .getAsJsonObject();
    }

    private void set(String field, String value) throws IOException {
        JsonObject config = config();
        config.add(field, JsonParser.parseString(value));
        write(config);
    }

    private void write(JsonObject config) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                new GsonBuilder().serializeNulls().create().toJson(config));
    }
}
