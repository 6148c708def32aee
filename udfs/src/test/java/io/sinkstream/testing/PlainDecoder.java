package io.sinkstream.testing;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * The truth that the product is held against: the Llama layout, one token at a time, in double precision.
 *
 * <p>It is written as streaming-llm and attention_sinks write the rule, and not as the product does: keys are kept
 * unrotated; after every token each layer's cache is cut to its first S and last R entries; every step rotates all keys
 * by their place <em>inside the cache</em>, and the query by its own place there. No mask and no distance occurs, so a
 * wrong formula in the product cannot be wrong here in the same way.
 *
 * <p>It agrees with the recorded golden numbers, which are rounded to 1e-6, to 1e-5 nats a token; its own rounding is
 * near 1e-12. A product in fp32 is therefore compared with it at 1e-4 nats without a share for the reference's error.
 *
 * <p>The weights are immutable: one decoder serves any number of threads, a {@link Stream} one.
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares the records in here
public final class PlainDecoder {
    private final Layout layout;
    private final double[] embedding; // vocab x hidden
    private final List<Layer> layers;
    private final double[] norm; // hidden
    private final Linear head; // hidden -> vocab
    private final double[] frequencies; // headDim / 2, radians a position

    private PlainDecoder(Layout layout, Weights weights) {
        this.layout = layout;
        int hidden = layout.hidden();
        Linear embedded = weights.linear("model.embed_tokens", hidden, layout.vocab(), false);
        embedding = embedded.weight();
        layers = new ArrayList<>();
        for (int i = 0; i < layout.layers(); i++) {
            layers.add(Layer.of(weights, "model.layers." + i + ".", layout));
        }
        norm = weights.vector("model.norm.weight", hidden);
        // A tied head is the embedding, also where a checkpoint stores a copy of it.
        head = layout.tied() ? embedded : weights.linear("lm_head", hidden, layout.vocab(), false);
        weights.forget("lm_head.weight");
        weights.refuseUnused();
        frequencies = layout.frequencies();
    }

    /** Reads a checkpoint's folder; the weights are widened to double here, once. */
    public static PlainDecoder load(Path folder) {
        try {
            JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                    .getAsJsonObject();
            return new PlainDecoder(Layout.of(config), new Weights(Tensor.readAll(folder)));
        } catch (IOException e) {
            throw new UncheckedIOException("the reference can't read " + folder, e);
        }
    }

    /** The number of layers, L. */
    public int layers() {
        return layout.layers();
    }

    /** The number of token ids. */
    public int vocab() {
        return layout.vocab();
    }

    /** A new stream with S sinks and a window of R tokens; a window that never fills makes it a dense decoder. */
    public Stream stream(int sinks, int window) {
        return new Stream(sinks, window, false);
    }

    /** The same stream with keys and queries at their places in the text, however far the sinks are left behind. */
    public Stream absoluteStream(int sinks, int window) {
        return new Stream(sinks, window, true);
    }

    /** NLL of {@code ids[1:]}, nats: entry t is -ln p(ids[t + 1]), so there is one less than there are ids. */
    public double[] nll(int[] ids, int sinks, int window) {
        Stream stream = stream(sinks, window);
        double[] nll = new double[ids.length - 1];
        for (int t = 0; t < nll.length; t++) {
            nll[t] = nll(stream.step(ids[t]), ids[t + 1]);
        }
        return nll;
    }

    /** The n tokens that a stream of {@code prompt} goes on with, always the likeliest; it runs on past EOS. */
    public int[] greedy(int[] prompt, int n, int sinks, int window) {
        return continuation(prompt, n, sinks, window).tokens();
    }

    /**
     * {@link #greedy} with how close it was. Two right implementations may differ where the best two logits are closer
     * than their rounding: compare continuations on prompts whose margin is well above it.
     */
    public Continuation continuation(int[] prompt, int n, int sinks, int window) {
        Stream stream = stream(sinks, window);
        double[] logits = new double[0];
        for (int token : prompt) {
            logits = stream.step(token);
        }
        int[] tokens = new int[n];
        double margin = Double.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            if (i > 0) {
                logits = stream.step(tokens[i - 1]);
            }
            int best = 0;
            double second = Double.NEGATIVE_INFINITY;
            for (int token = 1; token < logits.length; token++) {
                if (logits[token] > logits[best]) {
                    second = logits[best];
                    best = token;
                } else {
                    second = Math.max(second, logits[token]);
                }
            }
            tokens[i] = best;
            margin = Math.min(margin, logits[best] - second);
        }
        return new Continuation(tokens, margin);
    }

    /** -ln of the softmax of {@code logits} at {@code token}, nats. */
    public static double nll(double[] logits, int token) {
        double max = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum) - logits[token];
    }

    /**
     * A greedy continuation.
     *
     * @param tokens its tokens
     * @param margin the least difference, over its steps, of the best logit from the second
     */
    public record Continuation(int[] tokens, double margin) {}

    /** One stream: its position and, a layer, the cache that the reference systems would hold. For one thread. */
    public final class Stream {
        private final int sinks;
        private final int window;
        private final List<List<Entry>> caches = new ArrayList<>();
        private final List<Rotation> rotations = new ArrayList<>(); // by place
        private final boolean isAbsolute;
        /** Of the last step, layer by layer: heads x places in the cache. */
        private final List<double[][]> logits = new ArrayList<>();

        private final List<double[][]> weights = new ArrayList<>();
        private long position;
        private double[] state = new double[0];

        private Stream(int sinks, int window, boolean isAbsolute) {
            if (sinks < 0 || window < 0) {
                throw new IllegalArgumentException("sinks " + sinks + ", window " + window);
            }
            this.sinks = sinks;
            this.window = window;
            this.isAbsolute = isAbsolute;
            for (int i = 0; i < layers.size(); i++) {
                caches.add(new ArrayList<>());
            }
        }

        /** Runs one token and returns the logits of the next (vocab). */
        public double[] step(int token) {
            if (token < 0 || token >= layout.vocab()) {
                throw new IllegalArgumentException("token " + token + " of a vocabulary of " + layout.vocab());
            }
            int hidden = layout.hidden();
            double[] x = new double[hidden];
            System.arraycopy(embedding, token * hidden, x, 0, hidden);
            logits.clear();
            weights.clear();
            for (int i = 0; i < layers.size(); i++) {
                Layer layer = layers.get(i);
                List<Entry> cache = caches.get(i);
                double[] normed = rmsNorm(x, layer.attentionNorm());
                cache.add(new Entry(
                        position, layer.key().apply(normed), layer.value().apply(normed)));
                add(x, layer.output().apply(attend(layer.query().apply(normed), cache)));
                normed = rmsNorm(x, layer.mlpNorm());
                double[] gate = layer.gate().apply(normed);
                double[] up = layer.up().apply(normed);
                for (int j = 0; j < up.length; j++) {
                    up[j] *= gate[j] / (1 + Math.exp(-gate[j]));
                }
                add(x, layer.down().apply(up));
            }
            // Only now: the query has seen S + R tokens and itself.
            for (List<Entry> cache : caches) {
                if (cache.size() > (long) sinks + window) {
                    cache.subList(sinks, cache.size() - window).clear();
                }
            }
            position++;
            state = rmsNorm(x, norm);
            return head.apply(state);
        }

        /** What the logits of the last step were made of (hidden). */
        public double[] state() {
            return state.clone();
        }

        /** How many tokens were run. */
        public long position() {
            return position;
        }

        /** What the softmaxes of a layer took in the last step, heads x places in its cache, the query's own place last. */
        public double[][] attentionLogits(int layer) {
            return logits.get(layer);
        }

        /** What they gave. */
        public double[][] attentionWeights(int layer) {
            return weights.get(layer);
        }

        /** The positions in the stream of the tokens that a layer's cache now holds, in the cache's order. */
        public List<Long> cached(int layer) {
            return caches.get(layer).stream().map(Entry::position).toList();
        }

        /** The heads' outputs, one after the other (heads x headDim). */
        private double[] attend(double[] query, List<Entry> cache) {
            int size = layout.headDim();
            int group = layout.heads() / layout.kvHeads();
            int places = cache.size();
            double[] rotatedQuery = rotation(cache, places - 1).apply(query);
            double[][] scores = new double[layout.heads()][places];
            for (int place = 0; place < places; place++) {
                double[] key = cache.get(place).key();
                double[] rotatedKey = rotation(cache, place).apply(key);
                for (int h = 0; h < scores.length; h++) {
                    scores[h][place] =
                            dot(rotatedQuery, h * size, rotatedKey, h / group * size, size) / Math.sqrt(size);
                }
            }
            logits.add(Arrays.stream(scores).map(double[]::clone).toArray(double[][]::new));
            weights.add(scores);
            double[] out = new double[query.length];
            for (int h = 0; h < scores.length; h++) {
                softmax(scores[h]);
                for (int place = 0; place < places; place++) {
                    double[] value = cache.get(place).value();
                    for (int d = 0; d < size; d++) {
                        out[h * size + d] += scores[h][place] * value[h / group * size + d];
                    }
                }
            }
            return out;
        }

        private Rotation rotation(List<Entry> cache, int index) {
            int place = isAbsolute ? Math.toIntExact(cache.get(index).position()) : index;
            while (rotations.size() <= place) {
                rotations.add(Rotation.at(rotations.size(), frequencies));
            }
            return rotations.get(place);
        }
    }

    private double[] rmsNorm(double[] x, double[] weight) {
        double scale = 1 / Math.sqrt(dot(x, 0, x, 0, x.length) / x.length + layout.normEpsilon());
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = weight[i] * (x[i] * scale);
        }
        return out;
    }

    private static void softmax(double[] x) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : x) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.exp(x[i] - max);
            sum += x[i];
        }
        for (int i = 0; i < x.length; i++) {
            x[i] /= sum;
        }
    }

    private static void add(double[] to, double[] x) {
        for (int i = 0; i < to.length; i++) {
            to[i] += x[i];
        }
    }

    private static double dot(double[] a, int fromA, double[] b, int fromB, int length) {
        // Four sums: one alone waits for each addition before the next.
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < length; i += 4) {
            s0 += a[fromA + i] * b[fromB + i];
            s1 += a[fromA + i + 1] * b[fromB + i + 1];
            s2 += a[fromA + i + 2] * b[fromB + i + 2];
            s3 += a[fromA + i + 3] * b[fromB + i + 3];
        }
        for (; i < length; i++) {
            s0 += a[fromA + i] * b[fromB + i];
        }
        return s0 + s1 + (s2 + s3);
    }

    /** One token of one layer's cache: its key before rotation and its value, both kvHeads x headDim. */
    private record Entry(long position, double[] key, double[] value) {}

    /** The rotation of one place: the first half of a head against its second, as Llama lays them out. */
    private record Rotation(double[] cos, double[] sin) {

        static Rotation at(int place, double[] frequencies) {
            double[] cos = new double[frequencies.length];
            double[] sin = new double[frequencies.length];
            for (int i = 0; i < frequencies.length; i++) {
                cos[i] = Math.cos(place * frequencies[i]);
                sin[i] = Math.sin(place * frequencies[i]);
            }
            return new Rotation(cos, sin);
        }

        /** Rotates every head of {@code x}; a new array. */
        double[] apply(double[] x) {
            int half = cos.length;
            double[] out = new double[x.length];
            for (int start = 0; start < x.length; start += 2 * half) {
                for (int i = start; i < start + half; i++) {
                    double u = x[i];
                    double v = x[i + half];
                    out[i] = u * cos[i - start] - v * sin[i - start];
                    out[i + half] = v * cos[i - start] + u * sin[i - start];
                }
            }
            return out;
        }
    }

    /** A matrix, out x in, and a bias or null. */
    private record Linear(int in, int out, double[] weight, double[] bias) {

        double[] apply(double[] x) {
            double[] y = new double[out];
            for (int row = 0; row < out; row++) {
                y[row] = dot(weight, row * in, x, 0, in) + (bias == null ? 0 : bias[row]);
            }
            return y;
        }
    }

    private record Layer(
            double[] attentionNorm,
            Linear query,
            Linear key,
            Linear value,
            Linear output,
            double[] mlpNorm,
            Linear gate,
            Linear up,
            Linear down) {

        static Layer of(Weights weights, String prefix, Layout layout) {
            int hidden = layout.hidden();
            int queries = layout.heads() * layout.headDim();
            int keys = layout.kvHeads() * layout.headDim();
            String attention = prefix + "self_attn.";
            String mlp = prefix + "mlp.";
            boolean attentionBias = layout.attentionBias();
            boolean mlpBias = layout.mlpBias();
            return new Layer(
                    weights.vector(prefix + "input_layernorm.weight", hidden),
                    weights.linear(attention + "q_proj", hidden, queries, attentionBias),
                    weights.linear(attention + "k_proj", hidden, keys, attentionBias),
                    weights.linear(attention + "v_proj", hidden, keys, attentionBias),
                    weights.linear(attention + "o_proj", queries, hidden, attentionBias),
                    weights.vector(prefix + "post_attention_layernorm.weight", hidden),
                    weights.linear(mlp + "gate_proj", hidden, layout.intermediate(), mlpBias),
                    weights.linear(mlp + "up_proj", hidden, layout.intermediate(), mlpBias),
                    weights.linear(mlp + "down_proj", layout.intermediate(), hidden, mlpBias));
        }
    }

    /** The tensors that nobody took yet, so that a reference which forgets a bias says so. */
    private record Weights(SortedMap<String, Tensor> left) {

        double[] vector(String name, int size) {
            return take(name, List.of(size));
        }

        Linear linear(String name, int in, int out, boolean biased) {
            double[] weight = take(name + ".weight", List.of(out, in));
            return new Linear(in, out, weight, biased ? take(name + ".bias", List.of(out)) : null);
        }

        void forget(String name) {
            left.remove(name);
        }

        void refuseUnused() {
            if (!left.isEmpty()) {
                throw new IllegalArgumentException("the reference does not use " + left.keySet());
            }
        }

        private double[] take(String name, List<Integer> shape) {
            Tensor tensor = left.remove(name);
            if (tensor == null || !tensor.shape().equals(shape)) {
                throw new IllegalArgumentException(
                        name + ": " + (tensor == null ? "missing" : "shape " + tensor.shape()) + ", expected " + shape);
            }
            return tensor.values();
        }
    }

    /** What {@code config.json} says. */
    private record Layout(
            JsonObject config,
            int layers,
            int hidden,
            int intermediate,
            int heads,
            int kvHeads,
            int headDim,
            int vocab,
            double normEpsilon) {

        static Layout of(JsonObject config) {
            String type = config.get("model_type").getAsString();
            String activation = config.get("hidden_act").getAsString();
            if (!List.of("llama", "mistral").contains(type) || !activation.equals("silu")) {
                throw new IllegalArgumentException("the reference does not know " + type + " with " + activation);
            }
            int hidden = config.get("hidden_size").getAsInt();
            int heads = config.get("num_attention_heads").getAsInt();
            JsonElement kvHeads = given(config, "num_key_value_heads");
            JsonElement headDim = given(config, "head_dim");
            return new Layout(
                    config,
                    config.get("num_hidden_layers").getAsInt(),
                    hidden,
                    config.get("intermediate_size").getAsInt(),
                    heads,
                    kvHeads == null ? heads : kvHeads.getAsInt(),
                    headDim == null ? hidden / heads : headDim.getAsInt(),
                    config.get("vocab_size").getAsInt(),
                    config.get("rms_norm_eps").getAsDouble());
        }

        boolean tied() {
            return flag("tie_word_embeddings");
        }

        boolean attentionBias() {
            return flag("attention_bias");
        }

        boolean mlpBias() {
            return flag("mlp_bias");
        }

        /** Radians a position, of each pair of a head. */
        double[] frequencies() {
            JsonElement base = given(config, "rope_theta");
            double theta = base == null ? 10_000 : base.getAsDouble();
            double[] frequencies = new double[headDim / 2];
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] = scaled(Math.pow(theta, -2.0 * i / headDim));
            }
            return frequencies;
        }

        private double scaled(double frequency) {
            JsonElement given = given(config, "rope_scaling");
            if (given == null) {
                return frequency;
            }
            JsonObject scaling = given.getAsJsonObject();
            String type =
                    scaling.get(scaling.has("rope_type") ? "rope_type" : "type").getAsString();
            if (type.equals("default")) {
                return frequency;
            }
            double factor = scaling.get("factor").getAsDouble();
            if (type.equals("linear")) {
                return frequency / factor;
            }
            if (!type.equals("llama3")) {
                throw new IllegalArgumentException("the reference does not know rope_scaling " + type);
            }
            // Waves that the original context held many times stay, those it did not hold are stretched by the
            // factor, and the share between them is linear in how many times it held them.
            double held = scaling.get("original_max_position_embeddings").getAsDouble() * frequency / (2 * Math.PI);
            double low = scaling.get("low_freq_factor").getAsDouble();
            double high = scaling.get("high_freq_factor").getAsDouble();
            double kept = Math.min(1, Math.max(0, (held - low) / (high - low)));
            return kept * frequency + (1 - kept) * frequency / factor;
        }

        private boolean flag(String name) {
            JsonElement value = given(config, name);
            return value != null && value.getAsBoolean();
        }

        private static JsonElement given(JsonObject config, String name) {
            JsonElement value = config.get(name);
            return value == null || value.isJsonNull() ? null : value;
        }
    }
}
