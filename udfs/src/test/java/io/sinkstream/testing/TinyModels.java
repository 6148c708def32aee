package io.sinkstream.testing;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes random tiny checkpoints in the real Hugging Face layout, so that a clone without any model tests exactness
 * against {@link PlainDecoder} and every corner of the layout has a model. The weights are scaled so that attention and
 * predictions are far from uniform: with the usual small initial weights a wrong cache would hardly change a number.
 *
 * <p>The same description gives the same bytes on every machine; the number type and the shards do not change which
 * numbers are drawn. {@code TinyModels.of(Shape.llama()).storedAs(NumberType.BF16).tokenizer(Prefix.BOS).write(folder)}
 *
 * @param shape the model
 * @param seed of its weights
 * @param type of the stored numbers
 * @param shards how many safetensors files; with more than one there is an index
 * @param prefix which tokenizer lies beside the model
 */
public record TinyModels(Shape shape, long seed, NumberType type, int shards, Prefix prefix) {
    private static final Gson JSON =
            new GsonBuilder().serializeNulls().setPrettyPrinting().create();

    public TinyModels {
        if (shards < 1) {
            throw new IllegalArgumentException("shards " + shards);
        }
        if (prefix != Prefix.NO_TOKENIZER && shape.vocab() < TinyTokenizer.VOCABULARY) {
            throw new IllegalArgumentException(
                    "the tokenizer's ids go up to " + TinyTokenizer.VOCABULARY + ", the model's to " + shape.vocab());
        }
    }

    /** What the tokenizer's post-processor puts in front of a text. */
    public enum Prefix {
        /** There is no {@code tokenizer.json}. */
        NO_TOKENIZER,
        /** Nothing: there is no post-processor. */
        NONE,
        /** {@link TinyTokenizer#BOS}, by a TemplateProcessing as Llama's. */
        BOS
    }

    /** Which linear layers have a bias. */
    public enum Bias {
        /** Queries, keys, values and the output: {@code attention_bias}. */
        ATTENTION,
        /** Gate, up and down: {@code mlp_bias}. */
        MLP
    }

    /** Where the last layer's weights come from. */
    public enum Head {
        /** {@code lm_head.weight}. */
        OWN,
        /** The embedding: {@code tie_word_embeddings}. */
        TIED
    }

    /**
     * Attention heads.
     *
     * @param query the number of heads
     * @param keyValue how many of keys and values; each serves query / keyValue heads
     * @param size of one head
     */
    public record Heads(int query, int keyValue, int size) {
        public Heads {
            if (keyValue < 1 || query % keyValue != 0 || size % 2 != 0) {
                throw new IllegalArgumentException(query + " heads on " + keyValue + " of size " + size);
            }
        }
    }

    /** How rotary frequencies are scaled. */
    public sealed interface Scaling {}

    /** Frequencies as they are. */
    public record Unscaled() implements Scaling {}

    /**
     * All frequencies divided.
     *
     * @param factor by this
     */
    public record Linear(double factor) implements Scaling {}

    /**
     * Llama 3.1's: low frequencies divided, high ones kept, those between in between.
     *
     * @param factor by this
     * @param low waves that fit into the original context less often are divided
     * @param high waves that fit more often are kept
     * @param originalPositions the original context's length
     */
    public record Llama3(double factor, double low, double high, int originalPositions) implements Scaling {}

    /**
     * Rotary positions.
     *
     * @param theta the base
     * @param scaling of the frequencies
     */
    public record Rope(double theta, Scaling scaling) {}

    /**
     * A model of the Llama layout.
     *
     * @param modelType {@code llama} or {@code mistral}
     * @param layers the number of layers, L
     * @param hidden the width
     * @param intermediate the MLP's inner width
     * @param vocab the number of token ids
     * @param heads the attention heads
     * @param head the last layer
     * @param biases which linear layers have a bias
     * @param rope the rotary positions
     * @param slidingWindow the model's own {@code sliding_window}; 0 for none
     */
    public record Shape(
            String modelType,
            int layers,
            int hidden,
            int intermediate,
            int vocab,
            Heads heads,
            Head head,
            Set<Bias> biases,
            Rope rope,
            int slidingWindow) {

        public Shape {
            biases = Set.copyOf(biases);
            boolean fits =
                    switch (modelType) {
                        case "llama" -> slidingWindow == 0;
                        case "mistral" -> biases.isEmpty() && rope.scaling() instanceof Unscaled;
                        default -> false;
                    };
            if (!fits) {
                throw new IllegalArgumentException("config.json of " + modelType + " can't say this");
            }
        }

        /** Llama 1 and 2: as many keys as heads, a head of its own, no bias. Three layers, 64 wide. */
        public static Shape llama() {
            return new Shape(
                    "llama",
                    3,
                    64,
                    172,
                    TinyTokenizer.VOCABULARY,
                    new Heads(4, 4, 16),
                    Head.OWN,
                    Set.of(),
                    new Rope(10_000, new Unscaled()),
                    0);
        }

        /** SmolLM's: grouped heads, a tied head. */
        public static Shape groupedTied() {
            return llama().withHeads(new Heads(8, 2, 8)).withHead(Head.TIED);
        }

        /** A bias at every linear layer of the blocks. */
        public static Shape biased() {
            return llama().withHeads(new Heads(4, 2, 16)).withBiases(Set.of(Bias.ATTENTION, Bias.MLP));
        }

        /** Rotary frequencies divided by four. */
        public static Shape linearScaling() {
            return llama().withRope(new Rope(10_000, new Linear(4)));
        }

        /** Llama 3.1's frequencies, with an original context so short that all three kinds of wave occur. */
        public static Shape llama3Scaling() {
            return llama().withHeads(new Heads(4, 1, 24))
                    .withHead(Head.TIED)
                    .withRope(new Rope(500_000, new Llama3(8, 1, 4, 64)));
        }

        /** Heads that are together wider than the model: their size must be read, not computed. */
        public static Shape wideHeads() {
            return llama().withHeads(new Heads(4, 2, 24));
        }

        /** Mistral 7B's, whose sliding window of 4096 is the model's own. */
        public static Shape mistral() {
            return new Shape(
                    "mistral",
                    3,
                    64,
                    160,
                    TinyTokenizer.VOCABULARY,
                    new Heads(8, 2, 8),
                    Head.OWN,
                    Set.of(),
                    new Rope(10_000, new Unscaled()),
                    4096);
        }

        /** One layer: what left its window is gone at once. */
        public static Shape oneLayer() {
            return llama().withLayers(1);
        }

        /** All presets by their names, for parameterized tests; the order is fixed. */
        public static Map<String, Shape> presets() {
            Map<String, Shape> presets = new TreeMap<>();
            presets.put("llama", llama());
            presets.put("groupedTied", groupedTied());
            presets.put("biased", biased());
            presets.put("linearScaling", linearScaling());
            presets.put("llama3Scaling", llama3Scaling());
            presets.put("wideHeads", wideHeads());
            presets.put("mistral", mistral());
            presets.put("oneLayer", oneLayer());
            return presets;
        }

        public Shape withLayers(int layers) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        public Shape withVocab(int vocab) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        public Shape withHeads(Heads heads) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        public Shape withHead(Head head) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        public Shape withBiases(Set<Bias> biases) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        public Shape withRope(Rope rope) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        public Shape withSlidingWindow(int slidingWindow) {
            return new Shape(modelType, layers, hidden, intermediate, vocab, heads, head, biases, rope, slidingWindow);
        }

        /** Seeded random ids of this vocabulary, special ones among them. */
        public int[] tokens(int count, long seed) {
            return new Random(seed).ints(count, 0, vocab).toArray();
        }

        private JsonObject config(NumberType type) {
            JsonObject config = new JsonObject();
            boolean mistral = modelType.equals("mistral");
            JsonArray architectures = new JsonArray();
            architectures.add(mistral ? "MistralForCausalLM" : "LlamaForCausalLM");
            config.add("architectures", architectures);
            config.addProperty("attention_dropout", 0.0);
            config.addProperty("bos_token_id", TinyTokenizer.BOS);
            config.addProperty("eos_token_id", TinyTokenizer.EOS);
            config.addProperty("hidden_act", "silu");
            config.addProperty("hidden_size", hidden);
            config.addProperty("initializer_range", 0.02);
            config.addProperty("intermediate_size", intermediate);
            config.addProperty("max_position_embeddings", 512);
            config.addProperty("model_type", modelType);
            config.addProperty("num_attention_heads", heads.query());
            config.addProperty("num_hidden_layers", layers);
            config.addProperty("num_key_value_heads", heads.keyValue());
            config.addProperty("rms_norm_eps", 1e-5);
            config.addProperty("rope_theta", rope.theta());
            config.addProperty("tie_word_embeddings", head == Head.TIED);
            config.addProperty("torch_dtype", type.configName());
            config.addProperty("use_cache", true);
            config.addProperty("vocab_size", vocab);
            // Real checkpoints give the head's size in three ways: a number, null (Mistral) and not at all (Llama 2).
            if (heads.size() * heads.query() != hidden) {
                config.addProperty("head_dim", heads.size());
            } else if (mistral) {
                config.add("head_dim", null);
            }
            if (mistral) {
                config.addProperty("sliding_window", slidingWindow == 0 ? null : (Integer) slidingWindow);
            } else {
                config.addProperty("attention_bias", biases.contains(Bias.ATTENTION));
                config.addProperty("mlp_bias", biases.contains(Bias.MLP));
                config.add("rope_scaling", ropeScaling());
            }
            return config;
        }

        private JsonObject ropeScaling() {
            JsonObject config = new JsonObject();
            if (rope.scaling() instanceof Linear linear) {
                // The older of the two spellings of the type: real checkpoints have it here.
                config.addProperty("type", "linear");
                config.addProperty("factor", linear.factor());
                return config;
            }
            if (rope.scaling() instanceof Llama3 llama3) {
                config.addProperty("factor", llama3.factor());
                config.addProperty("high_freq_factor", llama3.high());
                config.addProperty("low_freq_factor", llama3.low());
                config.addProperty("original_max_position_embeddings", llama3.originalPositions());
                config.addProperty("rope_type", "llama3");
                return config;
            }
            return null;
        }

        private SortedMap<String, Tensor> weights(long seed) {
            Draw draw = new Draw(new Random(seed), new TreeMap<>());
            draw.matrix("model.embed_tokens", vocab, hidden, head == Head.TIED ? 0.15 : 0.7);
            for (int i = 0; i < layers; i++) {
                String attention = "model.layers." + i + ".self_attn.";
                String mlp = "model.layers." + i + ".mlp.";
                int queries = heads.query() * heads.size();
                int keys = heads.keyValue() * heads.size();
                draw.norm("model.layers." + i + ".input_layernorm", hidden);
                draw.linear(attention + "q_proj", queries, hidden, 1.6, biases.contains(Bias.ATTENTION));
                draw.linear(attention + "k_proj", keys, hidden, 1.6, biases.contains(Bias.ATTENTION));
                draw.linear(attention + "v_proj", keys, hidden, 1, biases.contains(Bias.ATTENTION));
                draw.linear(attention + "o_proj", hidden, queries, 1, biases.contains(Bias.ATTENTION));
                draw.norm("model.layers." + i + ".post_attention_layernorm", hidden);
                draw.linear(mlp + "gate_proj", intermediate, hidden, 1, biases.contains(Bias.MLP));
                draw.linear(mlp + "up_proj", intermediate, hidden, 1, biases.contains(Bias.MLP));
                draw.linear(mlp + "down_proj", hidden, intermediate, 1, biases.contains(Bias.MLP));
            }
            draw.norm("model.norm", hidden);
            if (head == Head.OWN) {
                draw.linear("lm_head", vocab, hidden, 1, false);
            }
            return draw.drawn();
        }
    }

    /** Random weights, one after the other. */
    private record Draw(Random random, SortedMap<String, Tensor> drawn) {

        void linear(String name, int out, int in, double gain, boolean biased) {
            matrix(name, out, in, gain / Math.sqrt(in));
            if (biased) {
                drawn.put(name + ".bias", new Tensor(List.of(out), gaussian(out, 0, 0.2)));
            }
        }

        void matrix(String name, int out, int in, double scale) {
            drawn.put(name + ".weight", new Tensor(List.of(out, in), gaussian(out * in, 0, scale)));
        }

        void norm(String name, int size) {
            drawn.put(name + ".weight", new Tensor(List.of(size), gaussian(size, 1, 0.2)));
        }

        private double[] gaussian(int size, double mean, double scale) {
            double[] values = new double[size];
            for (int i = 0; i < size; i++) {
                values[i] = mean + scale * random.nextGaussian();
            }
            return values;
        }
    }

    /** A single-precision model in one file, of seed 0, without a tokenizer. */
    public static TinyModels of(Shape shape) {
        return new TinyModels(shape, 0, NumberType.F32, 1, Prefix.NO_TOKENIZER);
    }

    public TinyModels seed(long seed) {
        return new TinyModels(shape, seed, type, shards, prefix);
    }

    public TinyModels storedAs(NumberType type) {
        return new TinyModels(shape, seed, type, shards, prefix);
    }

    public TinyModels shards(int shards) {
        return new TinyModels(shape, seed, type, shards, prefix);
    }

    public TinyModels tokenizer(Prefix prefix) {
        return new TinyModels(shape, seed, type, shards, prefix);
    }

    /** Writes the checkpoint into the folder, which is made if need be, and returns it. */
    public Path write(Path folder) {
        try {
            Files.createDirectories(folder);
            write(folder.resolve("config.json"), shape.config(type));
            writeWeights(folder);
            if (prefix != Prefix.NO_TOKENIZER) {
                write(folder.resolve("tokenizer.json"), TinyTokenizer.json(prefix));
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("can't write a tiny model to " + folder, e);
        }
    }

    private void writeWeights(Path folder) throws IOException {
        SortedMap<String, Tensor> weights = shape.weights(seed);
        if (shards == 1) {
            Tensor.write(folder.resolve("model.safetensors"), weights, type);
            return;
        }
        List<String> names = new ArrayList<>(weights.keySet());
        JsonObject files = new JsonObject();
        long bytes = 0;
        for (int shard = 0; shard < shards; shard++) {
            String file = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", shard + 1, shards);
            SortedMap<String, Tensor> part = new TreeMap<>();
            for (String name : names.subList(names.size() * shard / shards, names.size() * (shard + 1) / shards)) {
                part.put(name, weights.get(name));
                files.addProperty(name, file);
                bytes += (long) weights.get(name).values().length * type.bytes();
            }
            Tensor.write(folder.resolve(file), part, type);
        }
        JsonObject metadata = new JsonObject();
        metadata.addProperty("total_size", bytes);
        JsonObject index = new JsonObject();
        index.add("metadata", metadata);
        index.add("weight_map", files);
        write(folder.resolve("model.safetensors.index.json"), index);
    }

    private static void write(Path file, JsonObject json) throws IOException {
        Files.writeString(file, JSON.toJson(json) + "\n");
    }
}
