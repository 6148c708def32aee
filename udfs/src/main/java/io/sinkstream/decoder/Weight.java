package io.sinkstream.decoder;

import java.util.Arrays;
import java.util.List;

/**
 * One weight that the decoder needs.
 *
 * @param role what it is for
 * @param term whether it multiplies or is added
 * @param layer which layer's it is, from 0; 0 too where the role is no layer's
 * @param shape its dimensions; projections are stored output x input
 */
public record Weight(Role role, Term term, int layer, List<Long> shape) {
    /** What is done with a weight. */
    public enum Term {
        /** It multiplies, or is what its role says. */
        FACTOR,
        /** It is added to what the role's factor gives. */
        BIAS
    }

    /** Copies the shape. */
    public Weight {
        shape = List.copyOf(shape);
    }

    static Weight factor(Role role, int layer, long... shape) {
        return new Weight(role, Term.FACTOR, layer, Arrays.stream(shape).boxed().toList());
    }

    static Weight bias(Role role, int layer, long numbers) {
        return new Weight(role, Term.BIAS, layer, List.of(numbers));
    }

    /** Whether it is added. */
    public boolean isBias() {
        return term == Term.BIAS;
    }

    /** What no other weight of its decoder is called: {@code layers.3.query.bias}. */
    public String name() {
        String part = role.label() + (isBias() ? ".bias" : "");
        return role.ofLayer() ? "layers." + layer + "." + part : part;
    }

    /** How many numbers it has. */
    public long numbers() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
