package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The reference itself: against the recorded numbers of the reference systems (1e-5 nats: they are rounded to 1e-6),
 * against sums done by hand, and against what follows from the rule. The last two need no {@code ../shared}.
 */
class PlainDecoderTest {
    /** Double precision against numbers that were rounded to 1e-6. */
    private static final double GOLDEN = 1e-5;

    /** Two orders of summation in double precision, through a few layers. */
    private static final double DOUBLE = 1e-9;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "mistral"})
    void agreesWithGoldenNumbers(String family) {
        Golden golden = Golden.require(family);
        PlainDecoder decoder = PlainDecoder.load(golden.folder());

        int[] ids = golden.ids();
        assertThat(decoder.nll(ids, 0, ids.length))
                .as("dense")
                .containsExactly(golden.dense().nll(), within(GOLDEN));
        assertThat(golden.streaming()).isNotEmpty();
        for (Golden.Streaming streaming : golden.streaming()) {
            assertThat(decoder.nll(ids, streaming.sinks(), streaming.window()))
                    .as("%s", streaming)
                    .containsExactly(streaming.nll(), within(GOLDEN));
            assertThat(decoder.greedy(
                            streaming.prompt(), streaming.greedy().length, streaming.sinks(), streaming.window()))
                    .as("%s, greedy", streaming)
                    .containsExactly(streaming.greedy());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "mistral"})
    void agreesWithGoldenRecomputation(String family) {
        Golden golden = Golden.require(family);
        PlainDecoder decoder = PlainDecoder.load(golden.folder());
        int[] ids = golden.ids();
        int context = golden.recomputation().context();

        double[] nll = new double[ids.length - 1];
        for (int t = 0; t < nll.length; t++) {
            int[] seen = Arrays.copyOfRange(ids, Math.max(0, t + 2 - context - 1), t + 2);
            double[] all = decoder.nll(seen, 0, context);
            nll[t] = all[all.length - 1];
        }

        assertThat(nll).containsExactly(golden.recomputation().nll(), within(GOLDEN));
    }

    /** A trained model of another hand: what it goes on with says more than numbers that we made. */
    @Test
    void tellsAStory() throws IOException {
        Path model = Shared.require("models/stories260K");
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.builder()
                .optTokenizerPath(model)
                .optTruncation(false)
                .build()) {
            int[] story = PlainDecoder.load(model).greedy(new int[] {1}, 40, 4, 252);

            assertThat(tokenizer.decode(Arrays.stream(story).asLongStream().toArray()))
                    .startsWith("Once upon a time, there was a little girl named");
        }
    }

    /** S = 2, R = 3: a query at t sees tokens 0 and 1, the three before it, and itself. */
    @Test
    void keepsSinksAndWindow() {
        PlainDecoder decoder =
                PlainDecoder.load(TinyModels.of(TinyModels.Shape.llama()).write(folder));
        PlainDecoder.Stream stream = decoder.stream(2, 3);
        List<List<Long>> after = List.of(
                List.of(0L),
                List.of(0L, 1L),
                List.of(0L, 1L, 2L),
                List.of(0L, 1L, 2L, 3L),
                List.of(0L, 1L, 2L, 3L, 4L),
                List.of(0L, 1L, 3L, 4L, 5L),
                List.of(0L, 1L, 4L, 5L, 6L));

        for (int t = 0; t < after.size(); t++) {
            assertThat(stream.position()).isEqualTo(t);
            stream.step(7 * t);
            for (int layer = 0; layer < decoder.layers(); layer++) {
                assertThat(stream.cached(layer))
                        .as("layer %d after token %d", layer, t)
                        .isEqualTo(after.get(t));
            }
        }
    }

    @Test
    void keepsOnlyTheWindowWithoutSinks() {
        PlainDecoder decoder =
                PlainDecoder.load(TinyModels.of(TinyModels.Shape.oneLayer()).write(folder));
        PlainDecoder.Stream stream = decoder.stream(0, 1);
        for (int t = 0; t < 5; t++) {
            stream.step(t);
            assertThat(stream.cached(0)).containsExactly((long) t);
        }
    }

    static Stream<Arguments> scalings() {
        return Stream.of(
                Arguments.of("null", 1.0),
                Arguments.of("{'rope_type': 'default'}", 1.0),
                Arguments.of("{'type': 'linear', 'factor': 2.0}", 0.5),
                Arguments.of("{'rope_type': 'linear', 'factor': 4.0}", 0.25),
                // A wave of one radian a position is 2 pi positions long: 4 / (2 pi) of it in the first original
                // context, less than one; 10.2 in the second, more than four; 2.55 in the third.
                Arguments.of(llama3(4), 1 / 8.0),
                Arguments.of(llama3(64), 1.0),
                Arguments.of(llama3(16), 0.5154930 + (1 - 0.5154930) / 8));
    }

    private static String llama3(int originalPositions) {
        return "{'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0, "
                + "'original_max_position_embeddings': " + originalPositions + "}";
    }

    /**
     * One sink and a window of two. Token 2 at position 5 sees the sink, token 0, at distance min(5, 1 + 2) = 3,
     * position 3, token 1, at distance 2, position 4, token 3, at distance 1, and itself.
     */
    @ParameterizedTest
    @MethodSource("scalings")
    void attendsAsWorkedOutByHand(String scaling, double radians) throws IOException {
        JsonObject config = handMadeConfig();
        config.add("rope_scaling", JsonParser.parseString(scaling));

        double[] logits = last(write(config, handMadeWeights()), new int[] {0, 1, 1, 1, 3, 2}, 1, 2);

        double sink = Math.exp(3 * Math.cos(3 * radians) / Math.sqrt(2));
        double second = Math.exp(3 * Math.cos(2 * radians) / Math.sqrt(2));
        double first = Math.exp(3 * Math.cos(radians) / Math.sqrt(2));
        double self = Math.exp(3 / Math.sqrt(2));
        double sum = sink + second + first + self;
        assertThat(logits).containsExactly(normed(sink / sum, second / sum, 1, 0), within(1e-7));
    }

    /** The weights of all but the values and the output are zero, and the biases say everything else. */
    @Test
    void addsEveryBias() throws IOException {
        JsonObject config = handMadeConfig();
        config.addProperty("attention_bias", true);
        config.addProperty("mlp_bias", true);
        SortedMap<String, Tensor> weights = handMadeWeights();
        put(weights, "self_attn.q_proj.weight", List.of(2, 4), new double[8]);
        put(weights, "self_attn.k_proj.weight", List.of(2, 4), new double[8]);
        put(weights, "self_attn.q_proj.bias", List.of(2), 3, 0);
        put(weights, "self_attn.k_proj.bias", List.of(2), 1, 0);
        put(weights, "self_attn.v_proj.bias", List.of(2), 0.25, 0.5);
        put(weights, "self_attn.o_proj.bias", List.of(4), 0, 0, 0, 2);
        put(weights, "mlp.gate_proj.bias", List.of(2), 1, 0);
        put(weights, "mlp.up_proj.bias", List.of(2), 4, 5);
        put(weights, "mlp.down_proj.weight", List.of(4, 2), 0, 0, 1, 1, 0, 0, 0, 0);
        put(weights, "mlp.down_proj.bias", List.of(4), 0, 0, -3, 0);

        double[] logits = last(write(config, weights), new int[] {0, 2}, 0, 8);

        double first = Math.exp(3 * Math.cos(1) / Math.sqrt(2));
        double self = Math.exp(3 / Math.sqrt(2));
        double silu = 1 / (1 + Math.exp(-1));
        assertThat(logits)
                .containsExactly(normed(first / (first + self) + 0.25, 0.5 + silu * 4, 1 - 3, 2), within(1e-12));
    }

    /**
     * One layer and one head of size 2, so that the rotation is by one radian a position. The embedding of token v is
     * the unit vector v of 4; the query is a constant (3, 0) and the key (1, 0), so that the score at distance d is
     * 3 cos(d) / sqrt(2); token 0's value is (1, 0), token 1's (0, 1), the others' (0, 0), and goes to the first two of
     * the residual; the MLP is zero.
     */
    private static SortedMap<String, Tensor> handMadeWeights() {
        SortedMap<String, Tensor> weights = new TreeMap<>();
        double[] identity = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
        weights.put("model.embed_tokens.weight", new Tensor(List.of(4, 4), identity));
        weights.put("lm_head.weight", new Tensor(List.of(4, 4), identity));
        weights.put("model.norm.weight", new Tensor(List.of(4), new double[] {1, 1, 1, 1}));
        // A unit vector's root mean square is 1/2, and the norm's weight takes that back.
        put(weights, "input_layernorm.weight", List.of(4), .5, .5, .5, .5);
        put(weights, "post_attention_layernorm.weight", List.of(4), 1, 1, 1, 1);
        put(weights, "self_attn.q_proj.weight", List.of(2, 4), 3, 3, 3, 3, 0, 0, 0, 0);
        put(weights, "self_attn.k_proj.weight", List.of(2, 4), 1, 1, 1, 1, 0, 0, 0, 0);
        put(weights, "self_attn.v_proj.weight", List.of(2, 4), 1, 0, 0, 0, 0, 1, 0, 0);
        put(weights, "self_attn.o_proj.weight", List.of(4, 2), 1, 0, 0, 1, 0, 0, 0, 0);
        put(weights, "mlp.gate_proj.weight", List.of(2, 4), new double[8]);
        put(weights, "mlp.up_proj.weight", List.of(2, 4), new double[8]);
        put(weights, "mlp.down_proj.weight", List.of(4, 2), new double[8]);
        return weights;
    }

    private static void put(SortedMap<String, Tensor> weights, String name, List<Integer> shape, double... values) {
        weights.put("model.layers.0." + name, new Tensor(shape, values));
    }

    private static JsonObject handMadeConfig() {
        JsonObject config = new JsonObject();
        config.addProperty("model_type", "llama");
        config.addProperty("hidden_act", "silu");
        config.addProperty("hidden_size", 4);
        config.addProperty("intermediate_size", 2);
        config.addProperty("num_hidden_layers", 1);
        config.addProperty("num_attention_heads", 1);
        config.addProperty("head_dim", 2);
        config.addProperty("vocab_size", 4);
        config.addProperty("rms_norm_eps", 0);
        return config;
    }

    private PlainDecoder write(JsonObject config, SortedMap<String, Tensor> weights) throws IOException {
        Tensor.write(folder.resolve("model.safetensors"), weights, NumberType.F32);
        Files.writeString(folder.resolve("config.json"), config.toString());
        return PlainDecoder.load(folder);
    }

    /** The last norm and the head of the hand-made model. */
    private static double[] normed(double... x) {
        double rms = Math.sqrt(Arrays.stream(x).map(v -> v * v).sum() / x.length);
        return Arrays.stream(x).map(v -> v / rms).toArray();
    }

    @Test
    void isDenseUntilTheCacheIsFull() {
        PlainDecoder decoder = load(TinyModels.Shape.llama());
        int[] ids = TinyModels.Shape.llama().tokens(60, 1);

        double[] dense = decoder.nll(ids, 0, ids.length);
        double[] streamed = decoder.nll(ids, 4, 28);

        // The query at t = S + R is the last that sees everything before it.
        assertThat(Arrays.copyOf(streamed, 33)).containsExactly(Arrays.copyOf(dense, 33));
        assertThat(streamed[33]).isNotCloseTo(dense[33], within(1e-4));
    }

    /**
     * The sinks and the L x R tokens before a query give that query's numbers; with one token less they do not. It
     * follows from the rule, not from how the reference is written, and the product's recovery rests on it.
     */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "groupedTied", "biased", "linearScaling", "llama3Scaling", "mistral", "oneLayer"})
    void forgetsWhatLeftAllWindows(String preset) {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        PlainDecoder decoder = load(shape);
        int sinks = 4;
        int window = 12;
        int history = decoder.layers() * window;
        int[] ids = shape.tokens(120, 3);

        double[] whole = last(decoder, ids, sinks, window);

        assertThat(last(decoder, recovered(ids, sinks, history), sinks, window)).containsExactly(whole, within(DOUBLE));
        assertThat(difference(last(decoder, recovered(ids, sinks, history - 1), sinks, window), whole))
                .isGreaterThan(1e-6);
    }

    @Test
    void margins() {
        TinyModels.Shape shape = TinyModels.Shape.groupedTied();
        PlainDecoder decoder = load(shape);
        int[] prompt = shape.tokens(10, 5);

        PlainDecoder.Continuation continuation = decoder.continuation(prompt, 20, 4, 28);

        // By another way: the margin is the distance in NLL of the best token from the second.
        int[] ids = IntStream.concat(Arrays.stream(prompt), Arrays.stream(continuation.tokens()))
                .toArray();
        PlainDecoder.Stream stream = decoder.stream(4, 28);
        double margin = Double.POSITIVE_INFINITY;
        for (int t = 0; t < ids.length - 1; t++) {
            double[] logits = stream.step(ids[t]);
            if (t >= prompt.length - 1) {
                double[] sorted = logits.clone();
                Arrays.sort(sorted);
                assertThat(logits[ids[t + 1]]).isEqualTo(sorted[sorted.length - 1]);
                margin = Math.min(margin, sorted[sorted.length - 1] - sorted[sorted.length - 2]);
            }
        }
        assertThat(continuation.margin()).isEqualTo(margin).isPositive();
        assertThat(decoder.greedy(prompt, 20, 4, 28)).containsExactly(continuation.tokens());
    }

    @Test
    void refusesWhatItWouldIgnore() throws IOException {
        TinyModels.of(TinyModels.Shape.biased()).write(folder);
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"mlp_bias\": true", "\"mlp_bias\": false"));

        assertThatThrownBy(() -> PlainDecoder.load(folder))
                .hasMessageContaining("does not use")
                .hasMessageContaining("model.layers.0.mlp.down_proj.bias");
    }

    private PlainDecoder load(TinyModels.Shape shape) {
        return PlainDecoder.load(TinyModels.of(shape).write(folder));
    }

    /** The sinks, the {@code history} tokens before the last one, and the last one. */
    private static int[] recovered(int[] ids, int sinks, int history) {
        return IntStream.concat(Arrays.stream(ids, 0, sinks), Arrays.stream(ids, ids.length - 1 - history, ids.length))
                .toArray();
    }

    private static double[] last(PlainDecoder decoder, int[] ids, int sinks, int window) {
        PlainDecoder.Stream stream = decoder.stream(sinks, window);
        double[] logits = new double[0];
        for (int id : ids) {
            logits = stream.step(id);
        }
        return logits;
    }

    private static double difference(double[] a, double[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }
}
