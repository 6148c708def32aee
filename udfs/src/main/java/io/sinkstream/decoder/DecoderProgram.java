package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.settings.NumberType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The TorchScript program of a decoder, for any rule: {@code decoder.torchscript} and those of the files beside it that say how to
 * attend here, filled in from its spec. Weights and caches are arguments, so the archive holds a few kilobytes of source text and no
 * tensor.
 *
 * <p>Attention merges parts by their log-sum-exp, each exact. For a chunk of several rows:
 *
 * <ul>
 *   <li>ring and chunk: the keys that the first row sees, put in the order of their positions, then the chunk's own. Seen
 *       from there the rule is one band, the same for every stream and every position, so its mask is made once. Queries
 *       go in blocks, each over just the keys that its band touches.
 *   <li>sinks: a small product, see {@link SinkWindow} for how their keys are stored.
 * </ul>
 *
 * <p>A single row attends once, over the sinks and the ring, without a mask; on a processor its values are added up as rows of a
 * table, which {@code embedding_bag} does as fast as memory gives them, and so are its keys in 16 bits, see {@link
 * Hardware#keysInColumns}. Streams that bring few rows, or one, to small
 * caches attend together, see {@link Slab}: their rings are copied side by side, slots in no order, under a mask. Linear layers take the rows of all
 * streams together. The operator {@code _scaled_dot_product_flash_attention_for_cpu} gives wrong numbers if it has fewer
 * key/value heads than query heads, and a log-sum-exp of 0 where every key is masked. So query heads are folded into
 * the rows (row-major: all heads of a group for row 0, then for row 1), and rows that are sinks themselves, which have no
 * window, never go there.
 */
final class DecoderProgram {
    /** With this line each file of the program begins its methods; tuples stand before it. */
    private static final String METHODS = "class Decoder(Module):\n";

    private final Hardware hardware;
    private final DecoderSpec spec;
    private final NumberType held;
    private final NumberType cell;
    private final Products products;
    private final WeightSlots weights;
    private final List<String> more;

    /**
     * A program of a pass.
     *
     * @param held what the weights are rounded to
     * @param cell the number type of keys and values
     */
    DecoderProgram(Hardware hardware, DecoderSpec spec, NumberType held, NumberType cell, Products products) {
        this(hardware, spec, held, cell, products, List.of());
    }

    private DecoderProgram(
            Hardware hardware,
            DecoderSpec spec,
            NumberType held,
            NumberType cell,
            Products products,
            List<String> more) {
        this.more = more;
        this.hardware = hardware;
        this.spec = spec;
        this.held = held;
        this.cell = cell;
        this.products = products;
        this.weights = new WeightSlots(spec, held, products);
    }

    /** The same with methods for {@link Limits} and {@link ProductChoice}, and the same weights. */
    DecoderProgram forLimits() {
        return new DecoderProgram(hardware, spec, held, cell, products, List.of("limits"));
    }

    DecoderSpec spec() {
        return spec;
    }

    /** The weights, as the program takes them. */
    WeightSlots weights() {
        return weights;
    }

    Products products() {
        return products;
    }

    private boolean clipped() {
        return spec.attention().clip() < Double.POSITIVE_INFINITY;
    }

    /** Whether queries and keys, which are one product, go into the rotary embedding as they come out of it. */
    private boolean joint() {
        DecoderSpec.Attention attention = spec.attention();
        return weights.fused()
                && !spec.alibi()
                && !clipped()
                && attention.queryKeyNorm() == DecoderSpec.QueryKeyNorm.NONE
                && attention.trainedLength() == 0;
    }

    /** Whether a chunk's attention is written out, in bfloat16 products. ALiBi's bias is no number for 8 bits. */
    private boolean inBfloat16() {
        return hardware.mixes(products, cell) && !spec.alibi();
    }

    private boolean flash() {
        return hardware.flash(cell) && !spec.alibi();
    }

    /** Whether a single row's scores, where they are bfloat16, become fp32 before their softmax, which computes in fp32 anyway. */
    private boolean wideScore() {
        return spec.alibi() || spec.attention().sink() != DecoderSpec.Sink.NONE;
    }

    /** The source text. */
    String source() {
        Map<String, String> names = names();
        Set<String> features = features();
        StringBuilder tuples = new StringBuilder();
        StringBuilder methods = new StringBuilder("  __parameters__ = []\n  __buffers__ = []\n");
        for (String part : parts()) {
            String text = TorchScript.filled(
                    TorchScript.template(DecoderProgram.class, part + ".torchscript"),
                    features,
                    place -> expression(place, names));
            int at = text.indexOf(METHODS);
            tuples.append(text, 0, at);
            methods.append(text, at + METHODS.length(), text.length());
        }
        return tuples + METHODS + methods;
    }

    /** The files that a pass needs here: there is one way each for single rows, for what chunks see of their window, and for slabs. */
    private List<String> parts() {
        List<String> parts = new ArrayList<>(List.of("decoder", "layer", "weights", "cache", "attention"));
        if (!hardware.equals(Hardware.CPU)) {
            parts.add("single_rows_on_gpu");
        } else {
            parts.add("value_table");
            parts.add(hardware.keysInColumns(cell) ? "single_rows_in_columns" : "single_rows_on_processor");
        }
        parts.add("chunk");
        parts.add(flash() ? "chunk_flash" : inBfloat16() ? "chunk_in_bfloat16" : "chunk_masked");
        parts.add("slab");
        parts.addAll(more);
        return parts;
    }

    private Map<String, String> names() {
        DecoderSpec.Sizes sizes = spec.sizes();
        Map<String, String> names = new HashMap<>(Map.ofEntries(
                entry("L", sizes.layers()),
                entry("H", sizes.heads()),
                entry("KV", sizes.keyValueHeads()),
                entry("G", sizes.heads() / sizes.keyValueHeads()),
                entry("D", sizes.headSize()),
                entry("HIDDEN", sizes.hidden()),
                entry("INTERMEDIATE", sizes.intermediate()),
                entry("ROTATED", spec.rotated()),
                entry("SCALE", spec.attention().scale()),
                entry("EPSILON", spec.norm().epsilon()),
                entry("BINARY_SCALE", spec.attention().scale() / Math.log(2)),
                entry("LOG_TWO", Math.log(2)),
                entry("CLIP", spec.attention().clip()),
                entry("TRAINED", spec.attention().trainedLength()),
                entry("EMBEDDING_SCALE", spec.scales().embedding()),
                entry("RESIDUAL_SCALE", spec.scales().residual()),
                entry("LOGITS_SCALE", spec.scales().logits()),
                entry("BLOCK", hardware.block(inBfloat16())),
                entry("ALIGNMENT", Hardware.ALIGNMENT),
                entry("PLAN", ChunkPlan.NUMBERS),
                entry("SLAB", Slab.NUMBERS),
                entry("TOGETHER", hardware.together()),
                entry("LOGIT_ROWS", hardware.logitRows(sizes.vocabulary())),
                entry("SOFTMAX_ROWS", hardware.softmaxRows()),
                entry("TURNED_ROWS", Hardware.TURNED_ROWS),
                entry("FIRST_LAYER_WEIGHT", 1),
                entry("LAYER_WEIGHTS", weights.layerPlaces()),
                entry("CELL", scalarType(cell)),
                entry("ACTIVATIONS", scalarType(products.activations())),
                entry("WIDE", products.activations() == NumberType.FLOAT32 ? "" : ".to(6)"),
                entry("NARROW", products.activations() == NumberType.FLOAT32 ? "" : ".to(15)"),
                entry("KINDS", spec.kinds().size()),
                entry("KIND_OF", spec.kindOf()),
                entry("NTH_OF_KIND", nthOfKind())));
        names.putAll(conversions(names.get("WIDE")));
        RecordComponent[] plan = ChunkPlan.class.getRecordComponents();
        for (int i = 0; i < plan.length; i++) {
            names.put(plan[i].getName(), "" + i);
        }
        return names;
    }

    /** Number types, and where one becomes another: {@code wide} makes activations fp32. */
    private Map<String, String> conversions(String wide) {
        Map<String, String> names = new HashMap<>();
        // What is only added to the residual stream is widened by the addition.
        boolean onlyAdded =
                spec.block() != DecoderSpec.Block.POST_NORM && spec.scales().residual() == 1;
        names.put("ADDED", onlyAdded ? "" : wide);
        // Queries and keys that only go into the rotary embedding are widened without the values beside them.
        names.put("JOINED", joint() ? "" : wide);
        names.put("TURNED", hardware.rotatesNarrow() && cell == products.activations() ? "" : wide);
        NumberType value = joint() ? products.activations() : NumberType.FLOAT32;
        names.put("KEPT_VALUE", value == cell ? "" : ".to(" + scalarType(cell) + ")");
        NumberType query = hardware.query(cell);
        names.put("QUERY", "" + scalarType(query));
        names.put("BAND", "" + scalarType(inBfloat16() ? cell : query));
        names.put("BARE", inBfloat16() || query == cell ? "" : ".to(6)");
        names.put("SEEN", query == cell ? "" : ".to(6)");
        names.put("SCORE_KEPT", wideScore() ? ".to(" + scalarType(cell) + ")" : "");
        names.put("EPSILON_TYPE", hardware.equals(Hardware.CPU) ? "Tensor" : "float");
        names.put("BIASED", spec.alibi() ? "1" : "0");
        names.put("BIAS", spec.alibi() ? "Tensor" : "Optional[Tensor]");
        names.put("QUERY_SCALE", spec.attention().trainedLength() > 0 ? "Tensor" : "Optional[Tensor]");
        names.put("SINK_LOGIT", spec.attention().sink() == DecoderSpec.Sink.NONE ? "Optional[Tensor]" : "Tensor");
        return names;
    }

    private static Map.Entry<String, String> entry(String name, Object value) {
        return Map.entry(name, value.toString());
    }

    private List<Integer> nthOfKind() {
        List<Integer> nth = new ArrayList<>();
        for (int kind : spec.kindOf()) {
            nth.add(Collections.frequency(spec.kindOf().subList(0, nth.size()), kind));
        }
        return nth;
    }

    /** What the template's conditions may ask for. */
    private Set<String> features() {
        Map<String, Boolean> all = new HashMap<>();
        DecoderSpec.Attention attention = spec.attention();
        DecoderSpec.QueryKeyNorm queryKeyNorm = attention.queryKeyNorm();
        DecoderSpec.Block block = spec.block();
        all.put(hardware.feature(), true);
        all.put("alibi", spec.alibi());
        all.put("rotary", !spec.alibi());
        all.put("partial", 2 * spec.rotated() < spec.sizes().headSize());
        all.put("clip", clipped());
        all.put("joint", joint());
        all.put("whole_norm", queryKeyNorm == DecoderSpec.QueryKeyNorm.WHOLE);
        all.put(
                "head_norm",
                queryKeyNorm == DecoderSpec.QueryKeyNorm.HEAD || queryKeyNorm == DecoderSpec.QueryKeyNorm.EACH_HEAD);
        all.put("log_n", attention.trainedLength() > 0);
        all.put("sink", attention.sink() != DecoderSpec.Sink.NONE);
        all.put("zero_sink", attention.sink() == DecoderSpec.Sink.ZERO);
        all.put("head_sink", attention.sink() == DecoderSpec.Sink.HEAD);
        all.put("post_norm", block == DecoderSpec.Block.POST_NORM);
        all.put("sequential", block == DecoderSpec.Block.SEQUENTIAL);
        all.put("two_norms", block == DecoderSpec.Block.PARALLEL_TWO_NORMS);
        all.put("parallel", block == DecoderSpec.Block.PARALLEL || block == DecoderSpec.Block.PARALLEL_TWO_NORMS);
        all.put("gated", spec.mlp().gated());
        all.put("silu", spec.mlp().activation() == DecoderSpec.Activation.SILU);
        all.put("gelu", spec.mlp().activation() == DecoderSpec.Activation.GELU);
        all.put("gelu_tanh", spec.mlp().activation() == DecoderSpec.Activation.GELU_TANH);
        all.put("embedding_scale", spec.scales().embedding() != 1);
        all.put("residual_scale", spec.scales().residual() != 1);
        all.put("logits_scale", spec.scales().logits() != 1);
        all.put("half", products.activations() != NumberType.FLOAT32);
        all.put("flash", flash());
        all.put("rms", spec.norm().kind() == DecoderSpec.Norm.Kind.RMS);
        all.put("narrow", cell != NumberType.FLOAT32);
        all.put("columns", hardware.keysInColumns(cell));
        all.put("wide_score", wideScore());
        all.put("fused", weights.fused());
        all.put("scaled", weights.scaled());
        all.put("held_" + held, true);
        all.put(products.name().toLowerCase(Locale.ROOT), true);
        return all.keySet().stream().filter(all::get).collect(Collectors.toSet());
    }

    /** What stands for {@code place} in the template, or null. */
    private String expression(String place, Map<String, String> names) {
        String[] words = place.split(" ", 3);
        return switch (words[0]) {
            case "norm" -> weights.norm(Role.of(words[1]), words[2]);
            case "linear" -> weights.linear(Role.of(words[1]), words[2]);
            case "weight" -> weights.weight(Role.of(words[1]));
            default -> names.get(words[0]);
        };
    }

    private static int scalarType(NumberType type) {
        return switch (type) {
            case FLOAT32 -> 6;
            case BFLOAT16 -> 15;
            case INT8 -> throw new IllegalArgumentException("no activations or caches in " + type);
        };
    }

    /** The TorchScript archive. */
    byte[] archive() {
        return TorchScript.archive("Decoder", source());
    }
}
