package io.sinkstream.decoder;

import io.sinkstream.cache.LayerGroup;
import io.sinkstream.cache.SinkWindow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * The canonical decoder, of which every supported family is a case. Immutable.
 *
 * @param sizes how large it is
 * @param norm the norms on the residual stream
 * @param attention what stands between the projections into and out of attention
 * @param mlp the other half of a block
 * @param block how attention and MLP are wired
 * @param scales constant factors
 * @param output the way from the last hidden state to logits
 * @param kinds the kinds of layers
 * @param kindOf each layer's index in {@code kinds}
 */
public record DecoderSpec(
        Sizes sizes,
        Norm norm,
        Attention attention,
        Mlp mlp,
        Block block,
        Scales scales,
        Output output,
        List<LayerKind> kinds,
        List<Integer> kindOf) {

    /**
     * How large a decoder is.
     *
     * @param layers L
     * @param hidden width of the hidden states
     * @param heads query heads
     * @param keyValueHeads key/value heads; divides {@code heads}
     * @param headSize numbers of a query, key or value
     * @param intermediate width inside the MLP
     * @param vocabulary token ids are 0 to this, exclusive
     */
    public record Sizes(
            int layers, int hidden, int heads, int keyValueHeads, int headSize, int intermediate, int vocabulary) {}

    /**
     * A norm.
     *
     * @param kind RMS (Zhang and Sennrich 2019, arXiv 1910.07467) or layer norm (Ba et al. 2016, arXiv 1607.06450)
     * @param epsilon added before the root
     * @param bias whether a layer norm adds a bias
     */
    public record Norm(Kind kind, double epsilon, boolean bias) {
        /** Which norm. */
        public enum Kind {
            /** Divides by the root of the mean square. */
            RMS,
            /** Subtracts the mean and divides by the standard deviation. */
            LAYER
        }

        /** An RMS norm. */
        public static Norm rms(double epsilon) {
            return new Norm(Kind.RMS, epsilon, false);
        }

        /** A layer norm with or without a bias. */
        public static Norm layer(double epsilon, boolean bias) {
            return new Norm(Kind.LAYER, epsilon, bias);
        }
    }

    /**
     * Attention.
     *
     * @param scale what a product of query and key is multiplied with
     * @param clip queries, keys and values are clamped to plus and minus this; infinite for none
     * @param queryKeyNorm a norm on queries and keys, before rotation
     * @param sink what joins the softmax's denominator without a key
     * @param trainedLength with more than this many keys in place, a query is multiplied with log(keys) / log(this)
     *     (log-n scaling, as Qwen's first generation has it); 0 for none
     * @param inputBias whether the projections to query, key and value add a bias
     * @param outputBias whether the projection out of attention adds one
     */
    public record Attention(
            double scale,
            double clip,
            QueryKeyNorm queryKeyNorm,
            Sink sink,
            int trainedLength,
            boolean inputBias,
            boolean outputBias) {

        /** Plain attention over heads of {@code headSize}, scaled by its root. */
        public static Attention plain(int headSize) {
            return new Attention(
                    1 / Math.sqrt(headSize), Double.POSITIVE_INFINITY, QueryKeyNorm.NONE, Sink.NONE, 0, false, false);
        }

        /** The same with another scale. */
        public Attention withScale(double scale) {
            return new Attention(scale, clip, queryKeyNorm, sink, trainedLength, inputBias, outputBias);
        }

        /** The same with clamped queries, keys and values. */
        public Attention withClip(double clip) {
            return new Attention(scale, clip, queryKeyNorm, sink, trainedLength, inputBias, outputBias);
        }

        /** The same with a norm on queries and keys. */
        public Attention withQueryKeyNorm(QueryKeyNorm queryKeyNorm) {
            return new Attention(scale, clip, queryKeyNorm, sink, trainedLength, inputBias, outputBias);
        }

        /** The same with another sink. */
        public Attention withSink(Sink sink) {
            return new Attention(scale, clip, queryKeyNorm, sink, trainedLength, inputBias, outputBias);
        }

        /** The same with log-n scaling beyond {@code trainedLength}. */
        public Attention withTrainedLength(int trainedLength) {
            return new Attention(scale, clip, queryKeyNorm, sink, trainedLength, inputBias, outputBias);
        }

        /** The same with these biases. */
        public Attention withBiases(boolean inputBias, boolean outputBias) {
            return new Attention(scale, clip, queryKeyNorm, sink, trainedLength, inputBias, outputBias);
        }
    }

    /** What a norm on queries and keys runs over; its kind and epsilon are the residual stream's. */
    public enum QueryKeyNorm {
        /** There is none. */
        NONE,
        /** Each head, with one weight for all. */
        HEAD,
        /** Each head, with a weight of its own. */
        EACH_HEAD,
        /** All heads together. */
        WHOLE
    }

    /** A term of the softmax's denominator that no key stands for. */
    public enum Sink {
        /** There is none. */
        NONE,
        /** A logit of 0: exp(x) / (1 + sum of exp), SoftMax1 (Miller 2023), the zero sink of arXiv 2309.17453, section 3.3. */
        ZERO,
        /** A learned logit for each head (gpt-oss, GraniteSWA). */
        HEAD
    }

    /** What stands between the MLP's products. */
    public enum Activation {
        /** x times its sigmoid. */
        SILU,
        /** x times the normal distribution function. */
        GELU,
        /** The same approximated with tanh. */
        GELU_TANH
    }

    /**
     * The MLP.
     *
     * @param gated whether the activation of one product multiplies another product
     * @param bias whether its products add one
     */
    public record Mlp(Activation activation, boolean gated, boolean bias) {}

    /** How a block is wired. */
    public enum Block {
        /** Attention of a norm, then the MLP of a norm of what that gave. */
        SEQUENTIAL,
        /** Attention and MLP of one norm. */
        PARALLEL,
        /** Attention and MLP of a norm each, of the same input. */
        PARALLEL_TWO_NORMS,
        /** Sequential, with the norms on what attention and MLP give (OLMo 2). */
        POST_NORM
    }

    /** Constant factors: on embeddings, on what attention and MLP add to the residual stream, and on logits. */
    public record Scales(double embedding, double residual, double logits) {
        /** No factors. */
        public static final Scales NONE = new Scales(1, 1, 1);
    }

    /**
     * The output head.
     *
     * @param tied whether it is the embedding
     * @param bias whether it adds one
     */
    public record Output(boolean tied, boolean bias) {}

    /**
     * What tells layers of one kind from others.
     *
     * @param slidingWindow how many tokens they see, the one at hand included, if they have a window of their own and no
     *     sinks; 0 if they follow the stream's rule
     * @param positions how they tell positions
     */
    public record LayerKind(int slidingWindow, Positions positions) {}

    /** How attention tells positions. */
    public sealed interface Positions {}

    /**
     * Rotary embedding (Su et al. 2021, arXiv 2104.09864) of a head's first numbers: the first half of them against the
     * second. Interleaved pairs become halves by the order of the projections' rows.
     *
     * @param frequencies radians a position, scaling already applied: half as many as numbers are rotated; 0 rotates none
     */
    public record Rotary(List<Double> frequencies) implements Positions {
        /** Copies the list. */
        public Rotary {
            frequencies = List.copyOf(frequencies);
        }
    }

    /**
     * A bias of the scores that falls with the distance (Press et al. 2021, arXiv 2108.12409).
     *
     * @param slopes each query head's, subtracted once for each position of distance
     */
    public record Alibi(List<Double> slopes) implements Positions {
        /** Copies the list. */
        public Alibi {
            slopes = List.copyOf(slopes);
        }

        /**
         * The paper's slopes: a geometric sequence from 2^(-most/heads); if the number of heads is no power of two, every
         * second one of the next power's first, then the rest of them.
         *
         * @param most the negated exponent of the last slope, 8 in the paper
         * @param factor on all slopes
         */
        public static Alibi of(int heads, double most, double factor) {
            int power = Integer.highestOneBit(2 * heads - 1);
            List<Double> slopes = new ArrayList<>();
            List<Double> rest = new ArrayList<>();
            for (int i = 1; i <= power; i++) {
                (power == heads || i % 2 == 0 ? slopes : rest).add(factor * Math.pow(2, -most * i / power));
            }
            slopes.addAll(rest);
            return new Alibi(slopes.subList(0, heads));
        }
    }

    /** Checks that the sizes fit together. */
    public DecoderSpec {
        Objects.requireNonNull(norm);
        Objects.requireNonNull(block);
        kinds = List.copyOf(kinds);
        kindOf = List.copyOf(kindOf);
        if (sizes.heads() % sizes.keyValueHeads() != 0) {
            throw new IllegalArgumentException(sizes.heads() + " heads are no multiple of " + sizes.keyValueHeads());
        }
        if (kindOf.size() != sizes.layers()) {
            throw new IllegalArgumentException(kindOf.size() + " kinds for " + sizes.layers() + " layers");
        }
        for (LayerKind kind : kinds) {
            boolean alibi = kind.positions() instanceof Alibi;
            if (alibi != (kinds.get(0).positions() instanceof Alibi)) {
                throw new IllegalArgumentException("layers with rotary embedding and layers with ALiBi");
            }
            int numbers = positions(kind).size();
            if (alibi ? numbers != sizes.heads() : 2 * numbers > sizes.headSize()) {
                throw new IllegalArgumentException(numbers + " slopes or frequencies for " + sizes);
            }
        }
    }

    /** All layers alike. */
    public static List<Integer> alike(int layers) {
        return Collections.nCopies(layers, 0);
    }

    /** Slopes or frequencies of layers of this kind. */
    static List<Double> positions(LayerKind kind) {
        return kind.positions() instanceof Rotary rotary ? rotary.frequencies() : ((Alibi) kind.positions()).slopes();
    }

    /** Whether scores are biased by distance, and not rotated. */
    boolean alibi() {
        return kinds.get(0).positions() instanceof Alibi;
    }

    /** How many pairs of a head's numbers are rotated, in the layers that rotate the most. */
    int rotated() {
        return alibi()
                ? 0
                : kinds.stream().mapToInt(kind -> positions(kind).size()).max().orElse(0);
    }

    /** Which part of a cache each kind of layers needs under the stream's rule. */
    public List<LayerGroup> groups(SinkWindow rule) {
        List<LayerGroup> groups = new ArrayList<>();
        for (int i = 0; i < kinds.size(); i++) {
            int window = kinds.get(i).slidingWindow();
            groups.add(new LayerGroup(
                    window == 0 ? rule : new SinkWindow(0, window - 1), Collections.frequency(kindOf, i)));
        }
        return groups;
    }

    /**
     * How many tokens before a query determine its numbers, beside the sinks: each layer reaches its window further back.
     */
    public long historyTokens(SinkWindow rule) {
        return groups(rule).stream()
                .mapToLong(group -> (long) group.layers() * group.rule().window())
                .sum();
    }

    /** All weights, in the order in which the program takes them. */
    public List<Weight> weights() {
        return new DecoderWeights(this).all();
    }

    /** The weight that is looked up for each token. */
    public Weight embedding() {
        return new DecoderWeights(this).embedding(Role.EMBEDDING);
    }

    /** The output head, also where it is the embedding and so no weight of its own. */
    public Weight head() {
        return new DecoderWeights(this).embedding(Role.HEAD);
    }

    /** The number of all weights' numbers. */
    public long parameters() {
        return weights().stream().mapToLong(Weight::numbers).sum();
    }
}
