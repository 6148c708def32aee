package io.sinkstream.family;

import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a family's checkpoints call their tensors.
 *
 * @param layers what stands before a layer's number, {@code model.layers.} for example
 * @param names of each role, a layer's without the layer
 */
record TensorNames(String layers, Map<Role, String> names) {
    TensorNames {
        names = Map.copyOf(names);
    }

    /** The same names but for these. */
    TensorNames with(Map<Role, String> others) {
        Map<Role, String> all = new EnumMap<>(names);
        all.putAll(others);
        return new TensorNames(layers, all);
    }

    /** The tensor that has this weight, {@code model.layers.3.mlp.up_proj.weight} for example. */
    String of(Weight weight) {
        String name = names.get(weight.role());
        if (name == null) {
            throw new IllegalArgumentException(weight.name() + " has no name in " + names);
        }
        return place(weight) + name + suffix(weight);
    }

    /** What stands before a weight's own name. */
    String place(Weight weight) {
        return weight.role().ofLayer() ? layers + weight.layer() + "." : "";
    }

    private static String suffix(Weight weight) {
        // Sink logits are a parameter of their own, the others a module's.
        if (weight.role().kind() == Role.Kind.SINK_LOGIT) {
            return "";
        }
        return weight.isBias() ? ".bias" : ".weight";
    }
}
