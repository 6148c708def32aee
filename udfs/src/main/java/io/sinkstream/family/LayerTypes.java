package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import java.util.List;

/** {@code layer_types}: which layers have a window of their own. */
final class LayerTypes {
    static final String FIELD = "layer_types";
    static final String FULL = "full_attention";
    static final String SLIDING = "sliding_attention";

    private LayerTypes() {}

    /** Refuses layers that are not all alike. */
    static void requireFull(ModelConfig config) {
        if (!config.optStrings(FIELD).orElse(List.of()).stream().allMatch(FULL::equals)) {
            throw config.unsupported(FIELD, FULL + " for all layers in this family");
        }
    }
}
