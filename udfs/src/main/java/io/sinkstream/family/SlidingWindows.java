package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A model's own window, {@code sliding_window}, and the layers that have it, {@code layer_types}. */
final class SlidingWindows {
    /** What {@link #seen} counts, by the names of the settings. */
    static final String SEEN = "attention-sink-size + attention-sink-window-size + 1";

    /** Layers without a window of their own. */
    static final String FULL = "full_attention";
    /** Layers with one. */
    static final String SLIDING = "sliding_attention";

    private static final String WINDOW = "sliding_window";
    private static final String TYPES = "layer_types";

    private SlidingWindows() {}

    /** How many keys a query of the stream sees at most. */
    static long seen(SinkWindow rule) {
        return (long) rule.sinks() + rule.window() + 1;
    }

    /**
     * Refuses a window that would hide keys. One that holds all that a query sees is harmless, in whichever layers.
     *
     * @param fallback what an absent field means; null in the config is none
     */
    static void requireWide(ModelConfig config, SinkWindow rule, Optional<Integer> fallback) {
        boolean given = config.has(WINDOW);
        if (!given && (fallback.isEmpty() || config.isNull(WINDOW))) {
            requireFull(config);
            return;
        }
        int window = given ? config.requireInt(WINDOW, 1) : fallback.get();
        if (window < seen(rule)) {
            throw config.unsupported(
                    WINDOW, "at least " + SEEN + " = " + seen(rule) + "; choose a smaller attention-sink-window-size");
        }
        types(config);
    }

    /** What {@code sliding_window} says holds only with a flag, which is not set. */
    static void requireNone(ModelConfig config) {
        config.skip(WINDOW);
        requireFull(config);
    }

    /** Refuses layers that are to have a window where there is none. */
    private static void requireFull(ModelConfig config) {
        if (types(config).contains(SLIDING)) {
            throw config.unsupported(TYPES, FULL + " for all layers, as there is no sliding_window");
        }
    }

    /** Each layer's own window; 0 for none. Without {@code layer_types} every fourth layer has none, the first among them. */
    static List<Integer> ofLayers(ModelConfig config, int layers) {
        List<String> types = config.has(TYPES)
                ? types(config)
                : IntStream.range(0, layers)
                        .mapToObj(i -> i % 4 == 0 ? FULL : SLIDING)
                        .toList();
        if (types.size() != layers) {
            throw config.unsupported(TYPES, "one for each of num_hidden_layers, " + layers);
        }
        // One that holds the token at hand alone would leave its layers without a cache.
        int window = types.contains(SLIDING) ? config.requireInt(WINDOW, 2) : 0;
        config.skip(WINDOW);
        return types.stream().map(type -> type.equals(FULL) ? 0 : window).toList();
    }

    private static List<String> types(ModelConfig config) {
        List<String> types = config.optStrings(TYPES).orElse(List.of());
        if (!types.stream().allMatch(type -> type.equals(FULL) || type.equals(SLIDING))) {
            throw config.unsupported(TYPES, FULL + " and " + SLIDING);
        }
        return types;
    }
}
