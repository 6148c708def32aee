package io.sinkstream.decoder;

import io.sinkstream.settings.NumberType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * In which order and which form a program takes its weights, and the expressions of its text that apply them. {@code w} is the
 * list of all there, and {@code p} the place of a layer's first.
 */
final class WeightSlots {
    /** Roles whose rows follow those of another. */
    private static final Map<String, String> JOINS = Map.of(
            "key", "query",
            "value", "query",
            "up", "gate",
            "key.bias", "query.bias",
            "value.bias", "query.bias",
            "up.bias", "gate.bias");

    private static final Pattern LAYER = Pattern.compile("^layers\\.[0-9]+\\.");

    private final DecoderSpec spec;
    private final NumberType held;
    private final Products products;
    private final List<Slot> layerSlots;
    private final List<Slot> lastSlots;

    /** @param held what the weights are rounded to */
    WeightSlots(DecoderSpec spec, NumberType held, Products products) {
        this.spec = spec;
        this.held = held;
        this.products = products;
        this.layerSlots = slots(spec.layerWeights(""));
        this.lastSlots = slots(lastWeights());
    }

    /** The weights, in the order in which the program takes them. */
    List<Slot> all() {
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
    List<Slot> layer(int layer) {
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
    boolean fused() {
        return products != Products.MAPPED;
    }

    /** Whether products need scales beside their weights. */
    boolean scaled() {
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

    /** How many places a layer's weights take. */
    int layerPlaces() {
        return places(layerSlots);
    }

    /** A norm of {@code x} over the dimensions of its weight. */
    String norm(String role, String x) {
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
    String linear(String role, String x) {
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
    String weight(String role) {
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
}
