package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TokenDetails;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The TorchScript program of a decoder, for any rule: {@code decoder.torchscript} and those of the files beside it that {@link
 * ProgramFiles} chooses, filled in from its spec. Weights and caches are arguments, so the archive holds a few kilobytes of source text and no
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
    private final ProgramFiles files;
    private final ProgramFiles.Use use;

    /**
     * A program of a pass.
     *
     * @param held what the weights are rounded to
     * @param cell the number type of keys and values
     */
    DecoderProgram(Hardware hardware, DecoderSpec spec, NumberType held, NumberType cell, Products products) {
        this(new ProgramFiles(hardware, spec, held, cell, products, TokenDetails.NONE, false), ProgramFiles.Use.PASS);
    }

    private DecoderProgram(ProgramFiles files, ProgramFiles.Use use) {
        this.files = files;
        this.hardware = files.hardware();
        this.spec = files.spec();
        this.held = files.held();
        this.cell = files.cell();
        this.products = files.products();
        this.weights = new WeightSlots(spec, held, products);
        this.use = use;
    }

    /** The one whose numbers do not depend on what else is in a pass, with the same weights. */
    DecoderProgram deterministic() {
        return new DecoderProgram(files.determined(), use);
    }

    /** The same with methods for {@link Limits} and {@link ProductChoice}, and the same weights. */
    DecoderProgram forLimits() {
        return new DecoderProgram(files, ProgramFiles.Use.LIMITS);
    }

    /** The same with methods for {@link AttentionProbe}, and the same weights. */
    DecoderProgram forAttention() {
        return new DecoderProgram(files, ProgramFiles.Use.ATTENTION);
    }

    /** The same with these of scored tokens, and the same weights. */
    DecoderProgram detailed(TokenDetails wanted) {
        return new DecoderProgram(files.detailed(wanted), use);
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

    /** The templates that it is filled in from. */
    ProgramFiles files() {
        return files;
    }

    /** The source text. */
    String source() {
        Map<String, String> names = names();
        Set<String> features = features();
        StringBuilder tuples = new StringBuilder();
        StringBuilder methods = new StringBuilder("  __parameters__ = []\n  __buffers__ = []\n");
        for (String file : files.all(use)) {
            String text = TorchScript.filled(
                    TorchScript.template(DecoderProgram.class, file + ".torchscript"),
                    features,
                    place -> expression(place, names));
            int at = text.indexOf(METHODS);
            tuples.append(text, 0, at);
            methods.append(text, at + METHODS.length(), text.length());
        }
        return tuples + METHODS + methods;
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
                entry("VOCABULARY", sizes.vocabulary()),
                entry("INTERMEDIATE", sizes.intermediate()),
                entry("ROTATED", spec.rotated()),
                entry("SCALE", spec.attention().scale()),
                entry("EPSILON", spec.norm().epsilon()),
                entry("BINARY_SCALE", spec.attention().scale() / Math.log(2)),
                entry("LOG_TWO", Math.log(2)),
                entry("TRAINED", spec.attention().trainedLength()),
                entry("BLOCK", files.deterministic() ? ChunkPlan.PLACES : hardware.block(files.inBfloat16())),
                entry("PART", weights.inParts() ? WeightSlots.PART : Integer.MAX_VALUE / 2),
                entry("PIECE", Hardware.ALIKE_ROWS),
                entry("ALIGNMENT", Hardware.ALIGNMENT),
                entry("PLAN", ChunkPlan.NUMBERS),
                entry("SLAB", Slab.NUMBERS),
                entry("TOGETHER", spec.alibi() ? 0 : hardware.together()),
                entry("LOGIT_ROWS", hardware.logitRows(sizes.vocabulary())),
                entry("SOFTMAX_ROWS", narrow() ? hardware.softmaxRows() : hardware.logitRows(sizes.vocabulary())),
                entry("DETAIL_ROWS", hardware.softmaxRows()),
                entry("TOP", files.details().likeliest()),
                entry("GROUP", hardware.group(sizes.vocabulary())),
                entry("TURNED_ROWS", Hardware.TURNED_ROWS),
                entry("MOST_OF_BAG", products.mostOfBag()),
                entry("FIRST_LAYER_WEIGHT", 1),
                entry("LAYER_WEIGHTS", weights.layerPlaces()),
                entry("CELL", TorchScript.scalarType(cell)),
                entry("ACTIVATIONS", TorchScript.scalarType(products.activations())),
                entry("WIDE", narrow() ? ".to(6)" : ""),
                entry("NARROW", narrow() ? ".to(15)" : ""),
                entry("KINDS", spec.kinds().size()),
                entry("KIND_OF", spec.kindOf()),
                entry("NTH_OF_KIND", nthOfKind())));
        names.putAll(new Conversions(files).names(names.get("WIDE")));
        names.put("SCALE_OF_FIRST", weights.scaled() ? "w[1]" : "None");
        names.put("SINK_LOGITS", sinkLogits());
        RecordComponent[] plan = ChunkPlan.class.getRecordComponents();
        for (int i = 0; i < plan.length; i++) {
            names.put(plan[i].getName(), "" + i);
        }
        return names;
    }

    /** Whether activations have fewer bits than fp32. */
    private boolean narrow() {
        return products.activations() != NumberType.FLOAT32;
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

    private String sinkLogits() {
        return spec.attention().sink() == DecoderSpec.Sink.HEAD
                ? weights.weight(Role.SINKS)
                : "torch.zeros([" + spec.sizes().heads() + "], device=x.device)";
    }

    /** What the templates' conditions may ask for. */
    private Set<String> features() {
        Set<String> all = new HashSet<>();
        if (spec.attention().sink() != DecoderSpec.Sink.NONE) {
            all.add("sink");
        }
        if (spec.mlp().gated()) {
            all.add("gated");
        }
        if (weights.fused()) {
            all.add("fused");
        }
        if (weights.inParts()) {
            all.add("in_parts");
        }
        if (files.deterministic()) {
            all.add("deterministic");
        }
        return all;
    }

    /** What stands for {@code place} in the template, or null. */
    private String expression(String place, Map<String, String> names) {
        String[] words = place.split(" ", 3);
        return switch (words[0]) {
            case "norm" -> weights.norm(Role.of(words[1]), words[2]);
            case "linear" -> weights.linear(Role.of(words[1]), words[2]);
            case "before" -> normed(spec.block() != DecoderSpec.Block.POST_NORM, words[1], words[2]);
            case "behind" -> normed(spec.block() == DecoderSpec.Block.POST_NORM, words[1], words[2]);
            case "normed_together" -> normed(queryKeyNorm() == DecoderSpec.QueryKeyNorm.WHOLE, words[1], words[2]);
            case "normed_by_head" ->
                normed(
                        queryKeyNorm() == DecoderSpec.QueryKeyNorm.HEAD
                                || queryKeyNorm() == DecoderSpec.QueryKeyNorm.EACH_HEAD,
                        words[1],
                        words[2]);
            case "clipped" -> clipped(words[1]);
            case "projected" -> projected(words[1]);
            case "by_length" -> spec.attention().trainedLength() > 0 ? words[1] + " * query_scale" : words[1];
            case "to_place" -> turned(words[1], 0);
            case "to_sinks" -> turned(words[1], 1);
            case "column_key" -> columns() ? "self.column_key(" + words[1] + ", rows)" : words[1];
            case "in_rows" -> columns() ? "torch.contiguous(torch.transpose(" + words[1] + ", 1, 2))" : words[1];
            case "first_part" -> weights.inParts() ? "self.part(" + words[1] + ", 0)" : words[1];
            case "with_sink_bias" ->
                spec.alibi() ? "self.with_sink_bias(" + words[1] + ", bias, place, n, blocks, s)" : words[1];
            case "biased" -> spec.alibi() ? words[1] + " + bias" : words[1];
            case "single_biased" ->
                words[1]
                        + names.get("SCORE_WIDE")
                        + (spec.alibi() ? " + torch.view(singles.biases[one], [$H$, -1])" : "");
            case "details" -> files.detailCalls(words[1]);
            case "activated" -> activated(words[1]);
            case "embedded" -> times(spec.scales().embedding(), words[1]);
            case "added" -> times(spec.scales().residual(), words[1]);
            case "scaled_logits" ->
                times(spec.scales().logits(), words[1] + (spec.scales().logits() == 1 ? "" : names.get("WIDE")));
            default -> names.get(words[0]);
        };
    }

    private DecoderSpec.QueryKeyNorm queryKeyNorm() {
        return spec.attention().queryKeyNorm();
    }

    private String normed(boolean there, String role, String x) {
        return there ? weights.norm(Role.of(role), x) : x;
    }

    private String clipped(String x) {
        double clip = spec.attention().clip();
        return clip < Double.POSITIVE_INFINITY ? "torch.clamp(" + x + ", -" + clip + ", " + clip + ")" : x;
    }

    private String activated(String x) {
        DecoderSpec.Activation activation = spec.mlp().activation();
        if (files.deterministic()) {
            return "self." + activation.name().toLowerCase(Locale.ROOT) + "(" + x + ")";
        }
        return switch (activation) {
            case SILU -> "torch.silu(" + x + ")";
            case GELU -> "torch.gelu(" + x + ")";
            case GELU_TANH -> "torch.gelu(" + x + ", approximate=\"tanh\")";
        };
    }

    /** Queries, keys and values of {@code x}, fp32. */
    private String projected(String x) {
        if (weights.fused()) {
            return "torch.split_with_sizes(" + weights.linear(Role.QUERY, x)
                    + "$WIDE$, [$H$ * $D$, $KV$ * $D$, $KV$ * $D$], 1)";
        }
        return Stream.of(Role.QUERY, Role.KEY, Role.VALUE)
                .map(role -> weights.linear(role, x) + "$WIDE$")
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private String turned(String x, int turn) {
        return spec.alibi() ? x : "self.rotate(" + x + ", turns[" + turn + "])";
    }

    private boolean columns() {
        return files.keysInColumns();
    }

    private static String times(double factor, String x) {
        return factor == 1 ? x : x + " * " + factor;
    }

    /** The TorchScript archive. */
    byte[] archive() {
        return TorchScript.archive("Decoder", source());
    }
}
