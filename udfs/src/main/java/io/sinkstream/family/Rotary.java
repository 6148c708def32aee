package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/** Rotary frequencies from a config (Hugging Face transformers, {@code modeling_rope_utils.py}). */
final class Rotary {
    private Rotary() {}

    /**
     * Frequencies in radians a position, {@code size / 2} of them, with {@code rope_scaling} applied.
     *
     * @param size how many numbers of a head are rotated
     */
    static List<Double> frequencies(ModelConfig config, int size) {
        double base = positive(config, "rope_theta", 10000.0);
        List<Double> plain = new ArrayList<>();
        for (int i = 0; i < size; i += 2) {
            plain.add(Math.pow(base, -(double) i / size));
        }
        return config.optObject("rope_scaling")
                .map(scaling -> scaled(scaling, plain))
                .orElse(plain);
    }

    private static List<Double> scaled(ModelConfig scaling, List<Double> plain) {
        // The field's name was "type" before transformers 4.43.
        String field = scaling.has("rope_type") ? "rope_type" : "type";
        String type = scaling.optString(field).orElse("absent");
        return switch (type) {
            case "default" -> plain;
            case "linear" -> {
                double factor = positive(scaling, "factor");
                yield plain.stream().map(f -> f / factor).toList();
            }
            case "llama3" -> llama3(scaling, plain);
            default -> throw scaling.unsupported(field, "default, linear or llama3");
        };
    }

    /** Llama 3.1: long waves are slowed by a factor, short ones kept, those between blended. */
    private static List<Double> llama3(ModelConfig scaling, List<Double> plain) {
        double factor = positive(scaling, "factor");
        double low = positive(scaling, "low_freq_factor");
        double high = positive(scaling, "high_freq_factor");
        double context = positive(scaling, "original_max_position_embeddings");
        if (high <= low) {
            throw scaling.unsupported("high_freq_factor", "more than low_freq_factor, " + low);
        }
        return plain.stream()
                .map(f -> {
                    double waves = context * f / (2 * Math.PI);
                    double keep = Math.max(0, Math.min(1, (waves - low) / (high - low)));
                    return (1 - keep) * f / factor + keep * f;
                })
                .toList();
    }

    private static double positive(ModelConfig config, String field) {
        return config.optDouble(field)
                .filter(x -> x > 0)
                .orElseThrow(() -> config.unsupported(field, "a number above 0"));
    }

    private static double positive(ModelConfig config, String field, double fallback) {
        return config.has(field) ? positive(config, field) : fallback;
    }
}
