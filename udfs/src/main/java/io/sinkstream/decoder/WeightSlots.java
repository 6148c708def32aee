package io.sinkstream.decoder;

import io.sinkstream.decoder.Weight.Term;
import io.sinkstream.settings.NumberType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * In which order and which form a program takes its weights, and the expressions of its text that apply them. {@code w} is the
 * list of all there, and {@code p} the place of a layer's first.
 */
final class WeightSlots {
    /** Projections of the same input, whose rows follow those of another. */
    private static final Map<Role, Role> JOINS =
            Map.of(Role.KEY, Role.QUERY, Role.VALUE, Role.QUERY, Role.UP, Role.GATE);

    /**
     * The inputs of a part of a product, at most. oneDNN shares the sums of fp32 products of more than 1,024 out among threads, if
     * there are many of them and little else to share.
     */
    static final int PART = 1024;

    private final DecoderSpec spec;
    private final DecoderWeights weights;
    private final NumberType held;
    private final Products products;
    private final List<Slot> layerSlots;
    private final List<Slot> lastSlots;

    /** @param held what the weights are rounded to */
    WeightSlots(DecoderSpec spec, NumberType held, Products products) {
        this.spec = spec;
        this.weights = new DecoderWeights(spec);
        this.held = held;
        this.products = products;
        this.layerSlots = layer(0);
        this.lastSlots = slots(lastWeights());
    }

    /** The weights, in the order in which the program takes them. */
    List<Slot> all() {
        List<Slot> all = new ArrayList<>(slots(List.of(spec.embedding())));
        for (int layer = 0; layer < spec.sizes().layers(); layer++) {
            all.addAll(layer(layer));
        }
        all.addAll(lastSlots);
        return all;
    }

    /** One layer's. */
    List<Slot> layer(int layer) {
        return slots(weights.layer(layer));
    }

    /** What follows the layers: a head that is the embedding is kept once more, as products take it. */
    private List<Weight> lastWeights() {
        List<Weight> last = new ArrayList<>(weights.all().stream()
                .filter(weight -> weight.role() == Role.NORM || weight.role() == Role.HEAD)
                .toList());
        if (spec.output().tied()) {
            last.add(spec.head());
        }
        return last;
    }

    /** One slot for each weight, or for those of projections that have the same input. */
    private List<Slot> slots(List<Weight> all) {
        List<Slot> slots = new ArrayList<>();
        for (Weight weight : all) {
            int joined = fused() ? joined(slots, weight) : -1;
            if (joined < 0) {
                slots.add(new Slot(List.of(weight), form(weight)));
            } else {
                slots.set(joined, slots.get(joined).with(weight));
            }
        }
        return slots;
    }

    /** The slot whose rows these follow, if there is one: an MLP without a gate has only {@link Role#UP}. */
    private static int joined(List<Slot> slots, Weight weight) {
        Role joins = JOINS.get(weight.role());
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).beginsWith(joins, weight.term())) {
                return i;
            }
        }
        return -1;
    }

    private Slot.Form form(Weight weight) {
        return switch (weight.role().kind()) {
            case EMBEDDING -> held == NumberType.FLOAT32 ? Slot.Form.PLAIN : Slot.Form.TABLE;
            case NORM, SINK_LOGIT -> Slot.Form.PLAIN;
            case PROJECTION -> weight.isBias() ? Slot.Form.ADDEND : Slot.Form.PRODUCT;
        };
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

    /** Whether products are sums of products with parts of the inputs. */
    boolean inParts() {
        return products == Products.FLOAT32_ALIKE;
    }

    private int places(Slot slot) {
        if (slot.form() != Slot.Form.PRODUCT) {
            return 1;
        }
        return inParts() ? parts(slot) : scaled() ? 2 : 1;
    }

    private static int parts(Slot slot) {
        return (int) ((inputs(slot) + PART - 1) / PART);
    }

    private static long inputs(Slot slot) {
        return slot.weights().get(0).shape().get(1);
    }

    private int places(List<Slot> slots) {
        return slots.stream().mapToInt(this::places).sum();
    }

    /** How many places a layer's weights take. */
    int layerPlaces() {
        return places(layerSlots);
    }

    /** A norm of {@code x} over the dimensions of its weight. */
    String norm(Role role, String x) {
        List<Long> shape =
                slot(role, Term.FACTOR).orElseThrow().weights().get(0).shape();
        List<Long> over = shape.subList(shape.size() - 1, shape.size());
        // A weight for each head multiplies what was normed without one.
        boolean each = shape.size() > 1;
        String weight = each ? "None" : weight(role);
        String normed = spec.norm().kind() == DecoderSpec.Norm.Kind.RMS
                ? "self.rms(" + x + ", " + over.get(0) + ", " + weight + ", epsilon)"
                : "torch.layer_norm(" + x + ", " + over + ", " + weight + ", " + bias(role) + ", "
                        + spec.norm().epsilon() + ")";
        return each ? normed + " * " + weight(role) : normed;
    }

    /** A product of {@code x} with the weights of that role's slot. */
    String linear(Role role, String x) {
        Slot slot = slot(role, Term.FACTOR).orElseThrow();
        String at = weight(role);
        String scale = scaled() ? at.replace("]", " + 1]") : "None";
        long inputs = inputs(slot);
        long outputs = slot.weights().stream().mapToLong(w -> w.shape().get(0)).sum();
        String widths = ", " + inputs + ", " + outputs + ")";
        if (!inParts() || parts(slot) == 1) {
            return "self.product(" + x + ", " + at + ", " + scale + ", " + bias(role) + widths;
        }
        StringBuilder sum = new StringBuilder();
        for (int part = 0; part < parts(slot); part++) {
            sum.append(part == 0 ? "(" : " + ")
                    .append("self.product(self.part(" + x + ", " + part * PART + "), ")
                    .append(at.replace("]", " + " + part + "]"))
                    .append(", None, " + (part == 0 ? bias(role) : "None") + widths);
        }
        return sum.append(')').toString();
    }

    /** The place of that role's slot; a layer's is counted from the layer's first. */
    String weight(Role role) {
        return place(role, Term.FACTOR);
    }

    private String bias(Role role) {
        return slot(role, Term.BIAS).isPresent() ? place(role, Term.BIAS) : "None";
    }

    private Optional<Slot> slot(Role role, Term term) {
        return Stream.concat(layerSlots.stream(), lastSlots.stream())
                .filter(slot -> slot.beginsWith(role, term))
                .findFirst();
    }

    private String place(Role role, Term term) {
        return role.ofLayer()
                ? "w[p + " + place(layerSlots, role, term) + "]"
                : "w[" + (1 + spec.sizes().layers() * layerPlaces() + place(lastSlots, role, term)) + "]";
    }

    private int place(List<Slot> slots, Role role, Term term) {
        int at = 0;
        for (Slot slot : slots) {
            if (slot.beginsWith(role, term)) {
                return at;
            }
            at += places(slot);
        }
        throw new IllegalArgumentException("no " + term + " of " + role + " begins a slot");
    }
}
