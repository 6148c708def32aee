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
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The TorchScript program of a decoder: {@code decoder.torchscript} and the files beside it, filled in from its spec. Weights and caches are arguments, so the archive holds a few
 * kilobytes of source text and no tensor.
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
    /** Roles whose rows follow those of another. */
    private static final Map<String, String> JOINS = Map.of(
            "key", "query",
            "value", "query",
            "up", "gate",
            "key.bias", "query.bias",
            "value.bias", "query.bias",
            "up.bias", "gate.bias");

    /** The files of the program's class: the first begins it. */
    private static final List<String> PARTS = List.of("decoder", "weights", "cache", "attention", "slabs");

    private static final Pattern LAYER = Pattern.compile("^layers\\.[0-9]+\\.");

    private final Hardware hardware;
    private final DecoderSpec spec;
    private final NumberType held;
    private final NumberType cell;
    private final Products products;
    private final List<Slot> layerSlots;
    private final List<Slot> lastSlots;
    private final List<String> parts;

    /**
     * A program for any rule.
     *
     * @param held what the weights are rounded to
     * @param cell the number type of keys and values
     * @param parts the files of its class
     */
    private DecoderProgram(
            Hardware hardware,
            DecoderSpec spec,
            NumberType held,
            NumberType cell,
            Products products,
            List<String> parts) {
        this.parts = parts;
        this.hardware = hardware;
        this.spec = spec;
        this.held = held;
        this.cell = cell;
        this.products = products;
        this.layerSlots = slots(spec.layerWeights(""));
        this.lastSlots = slots(lastWeights());
    }

    DecoderProgram(Hardware hardware, DecoderSpec spec, NumberType held, NumberType cell, Products products) {
        this(hardware, spec, held, cell, products, PARTS);
    }

    /** The same with methods for {@link Limits} and {@link ProductChoice}, and the same weights. */
    DecoderProgram forLimits() {
        List<String> all = Stream.concat(PARTS.stream(), Stream.of("limits")).toList();
        return new DecoderProgram(hardware, spec, held, cell, products, all);
    }

    DecoderSpec spec() {
        return spec;
    }

    Products products() {
        return products;
    }

    /** The weights, in the order in which the program takes them. */
    List<Slot> slots() {
        List<Slot> all = new ArrayList<>();
        Slot.Form table = held == NumberType.FLOAT32 ? Slot.Form.PLAIN : Slot.Form.TABLE;
        all.add(new Slot("embedding", spec.weights().subList(0, 1), table));
        for (int layer = 0; layer < spec.sizes().layers(); layer++) {
            all.addAll(slots(spec.layerWeights("layers." + layer + ".")));
        }
        all.addAll(lastSlots);
        return all;
    }

    /** One layer's. */
    List<Slot> layerSlots(int layer) {
        return slots(spec.layerWeights("layers." + layer + "."));
    }

    private List<DecoderSpec.Weight> lastWeights() {
        List<DecoderSpec.Weight> all = spec.weights();
        List<DecoderSpec.Weight> last = new ArrayList<>(
                all.subList(1 + spec.sizes().layers() * spec.layerWeights("").size(), all.size()));
        if (spec.output().tied()) {
            last.add(new DecoderSpec.Weight("head", all.get(0).shape()));
        }
        return last;
    }

    /** One slot for each weight, or for those of products that have the same input. */
    private List<Slot> slots(List<DecoderSpec.Weight> weights) {
        List<Slot> slots = new ArrayList<>();
        for (DecoderSpec.Weight weight : weights) {
            int joined = fused() ? joined(slots, LAYER.matcher(weight.role()).replaceFirst("")) : -1;
            if (joined < 0) {
                slots.add(new Slot(weight.role(), List.of(weight), form(weight)));
            } else {
                slots.set(joined, slots.get(joined).with(weight));
            }
        }
        return slots;
    }

    /** The slot whose rows these follow, if there is one: an MLP without a gate has only "up". */
    private static int joined(List<Slot> slots, String part) {
        String joins = JOINS.get(part);
        for (int i = 0; joins != null && i < slots.size(); i++) {
            if (LAYER.matcher(slots.get(i).role()).replaceFirst("").equals(joins)) {
                return i;
            }
        }
        return -1;
    }

    private static Slot.Form form(DecoderSpec.Weight weight) {
        String role = weight.role();
        boolean norm = role.contains("norm");
        if (norm || role.endsWith("sinks")) {
            return Slot.Form.PLAIN;
        }
        return role.endsWith(".bias") ? Slot.Form.ADDEND : Slot.Form.PRODUCT;
    }

    /** Products with the same input are one product, unless the weights have to stay where they are mapped. */
    private boolean fused() {
        return products != Products.MAPPED;
    }

    private boolean clipped() {
        return spec.attention().clip() < Double.POSITIVE_INFINITY;
    }

    /** Whether queries and keys, which are one product, go into the rotary embedding as they come out of it. */
    private boolean joint() {
        DecoderSpec.Attention attention = spec.attention();
        return fused()
                && !spec.alibi()
                && !clipped()
                && attention.queryKeyNorm() == DecoderSpec.QueryKeyNorm.NONE
                && attention.trainedLength() == 0;
    }

    /** Whether a chunk's attention is written out, in bfloat16 products. ALiBi's bias is no number for 8 bits. */
    private boolean mixed() {
        return hardware.mixes(products, cell) && !spec.alibi();
    }

    /** Whether a single row's scores, where they are bfloat16, become fp32 before their softmax, which computes in fp32 anyway. */
    private boolean wideScore() {
        return spec.alibi() || spec.attention().sink() != DecoderSpec.Sink.NONE;
    }

    private boolean scaled() {
        return switch (products) {
            case INT8, NIBBLES, INT8_BAGS, PLAIN_INT8 -> true;
            default -> false;
        };
    }

    private int places(Slot slot) {
        return scaled() && slot.form() == Slot.Form.PRODUCT ? 2 : 1;
    }

    private int places(List<Slot> slots) {
        return slots.stream().mapToInt(this::places).sum();
    }

    /** The source text. */
    String source() {
        Map<String, String> names = names();
        return TorchScript.filled(
                parts.stream()
                        .map(part -> TorchScript.template(DecoderProgram.class, part + ".torchscript"))
                        .collect(Collectors.joining()),
                features(),
                place -> expression(place, names));
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
                entry("BLOCK", hardware.block(mixed())),
                entry("ALIGNMENT", Hardware.ALIGNMENT),
                entry("PLAN", ChunkPlan.NUMBERS),
                entry("SLAB", Slab.NUMBERS),
                entry("TOGETHER", hardware.together()),
                entry("ROWS", hardware.logitRows(sizes.vocabulary())),
                entry("FEW", hardware.softmaxRows()),
                entry("TURNED_ROWS", Hardware.TURNED_ROWS),
                entry("FIRST_LAYER_WEIGHT", 1),
                entry("LAYER_WEIGHTS", places(layerSlots)),
                entry("CELL", scalarType(cell)),
                entry("ACTIVATIONS", scalarType(products.activations())),
                entry("WIDE", products.activations() == NumberType.FLOAT32 ? "" : ".to(6)"),
                entry("NARROW", products.activations() == NumberType.FLOAT32 ? "" : ".to(15)"),
                entry("KINDS", spec.kinds().size()),
                entry("KIND_OF", spec.kindOf()),
                entry("NTH_OF_KIND", nthOfKind())));
        // What is only added to the residual stream is widened by the addition.
        boolean onlyAdded =
                spec.block() != DecoderSpec.Block.POST_NORM && spec.scales().residual() == 1;
        names.put("ADDED", onlyAdded ? "" : names.get("WIDE"));
        // Queries and keys that only go into the rotary embedding are widened without the values beside them.
        names.put("JOINED", joint() ? "" : names.get("WIDE"));
        names.put("TURNED", hardware.rotatesNarrow() && cell == products.activations() ? "" : names.get("WIDE"));
        NumberType value = joint() ? products.activations() : NumberType.FLOAT32;
        names.put("KEPT_VALUE", value == cell ? "" : ".to(" + scalarType(cell) + ")");
        NumberType query = hardware.query(cell);
        names.put("QUERY", "" + scalarType(query));
        names.put("BAND", "" + scalarType(mixed() ? cell : query));
        names.put("BARE", mixed() || query == cell ? "" : ".to(6)");
        names.put("SEEN", query == cell ? "" : ".to(6)");
        names.put("SCORE_KEPT", wideScore() ? ".to(" + scalarType(cell) + ")" : "");
        names.put("BIASED", spec.alibi() ? "1" : "0");
        names.put("BIAS", spec.alibi() ? "Tensor" : "Optional[Tensor]");
        names.put("TERM", spec.attention().sink() == DecoderSpec.Sink.NONE ? "Optional[Tensor]" : "Tensor");
        RecordComponent[] plan = ChunkPlan.class.getRecordComponents();
        for (int i = 0; i < plan.length; i++) {
            names.put(plan[i].getName(), "" + i);
        }
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
        boolean flash = hardware.flash(cell) && !spec.alibi();
        all.put("flash", flash);
        all.put("mixed", mixed());
        all.put("masked", !flash && !mixed());
        all.put("rms", spec.norm().kind() == DecoderSpec.Norm.Kind.RMS);
        all.put("narrow", cell != NumberType.FLOAT32);
        all.put("columns", hardware.keysInColumns(cell));
        all.put("wide_score", wideScore());
        all.put("fused", fused());
        all.put("scaled", scaled());
        all.put("held_" + held, true);
        all.put(products.name().toLowerCase(Locale.ROOT), true);
        return all.keySet().stream().filter(all::get).collect(Collectors.toSet());
    }

    /** What stands for {@code place} in the template, or null. */
    private String expression(String place, Map<String, String> names) {
        String[] words = place.split(" ", 3);
        return switch (words[0]) {
            case "norm" -> norm(words[1], words[2]);
            case "linear" -> linear(words[1], words[2]);
            case "weight" -> weight(words[1]);
            default -> names.get(words[0]);
        };
    }

    /** A norm of {@code x} over the dimensions of its weight. */
    private String norm(String role, String x) {
        List<Long> shape = find(role).orElseThrow().shape();
        List<Long> over = shape.subList(shape.size() - 1, shape.size());
        // A weight for each head multiplies what was normed without one.
        boolean each = shape.size() > 1;
        String weight = each ? "None" : weight(role);
        String normed = spec.norm().kind() == DecoderSpec.Norm.Kind.RMS
                ? "self.rms(" + x + ", " + over.get(0) + ", " + weight + ", epsilon)"
                : "torch.layer_norm(" + x + ", " + over + ", " + weight + ", " + optional(role + ".bias") + ", "
                        + spec.norm().epsilon() + ")";
        return each ? normed + " * " + weight(role) : normed;
    }

    /** A product of {@code x} with the weights of that role's slot. */
    private String linear(String role, String x) {
        Slot slot = slot(role).orElseThrow();
        String at = weight(role);
        String scale = scaled() ? at.replace("]", " + 1]") : "None";
        long inputs = slot.weights().get(0).shape().get(1);
        long outputs = slot.weights().stream().mapToLong(w -> w.shape().get(0)).sum();
        return "self.product(" + x + ", " + at + ", " + scale + ", " + optional(role + ".bias") + ", " + inputs + ", "
                + outputs + ")";
    }

    private String optional(String role) {
        return slot(role).isPresent() ? weight(role) : "None";
    }

    private Optional<DecoderSpec.Weight> find(String role) {
        return Stream.concat(spec.layerWeights("").stream(), spec.weights().stream())
                .filter(weight -> weight.role().equals(role))
                .findFirst();
    }

    private Optional<Slot> slot(String role) {
        return Stream.concat(layerSlots.stream(), lastSlots.stream())
                .filter(slot -> slot.role().equals(role))
                .findFirst();
    }

    /** A slot's place; a layer's is counted from the layer's first. */
    private String weight(String role) {
        int inLayer = place(layerSlots, role);
        return inLayer >= 0
                ? "w[p + " + inLayer + "]"
                : "w[" + (1 + spec.sizes().layers() * places(layerSlots) + place(lastSlots, role)) + "]";
    }

    private int place(List<Slot> slots, String role) {
        int at = 0;
        for (Slot slot : slots) {
            if (slot.role().equals(role)) {
                return at;
            }
            at += places(slot);
        }
        return -1;
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
