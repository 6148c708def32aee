package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rotary frequencies from a config (Hugging Face transformers, {@code modeling_rope_utils.py}). */
final class Rotary {
    private static final double BASE = 10000.0;
    private static final String ABSENT = "absent";

    private Rotary() {}

    /**
     * Frequencies in radians a position, {@code size / 2} of them, scaled as the config says: by {@code rope_theta} and
     * {@code rope_scaling}, or since transformers 5 by {@code rope_parameters} for both.
     *
     * @param size how many numbers of a head are rotated
     */
    static List<Double> frequencies(ModelConfig config, int size) {
        Optional<ModelConfig> parameters = config.optObject("rope_parameters");
        if (parameters.isPresent()) {
            if (config.has("rope_scaling")) {
                throw config.unsupported("rope_scaling", "none beside rope_parameters");
            }
            return frequencies(config, parameters.get(), size);
        }
        List<Double> plain = plain(positive(config, "rope_theta", BASE), size);
        return config.optObject("rope_scaling")
                .map(scaling -> scaled(scaling, plain, ABSENT))
                .orElse(plain);
    }

    private static List<Double> frequencies(ModelConfig config, ModelConfig parameters, int size) {
        if (parameters.has("full_attention") || parameters.has("sliding_attention")) {
            throw config.unsupported("rope_parameters", "the same for all layers");
        }
        if (parameters.optDouble("partial_rotary_factor").orElse(1.0) != 1.0) {
            throw parameters.unsupported("partial_rotary_factor", "1.0 in this family");
        }
        double base = positive(parameters, "rope_theta", positive(config, "rope_theta", BASE));
        if (config.has("rope_theta") && positive(config, "rope_theta") != base) {
            throw config.unsupported("rope_theta", "the one of rope_parameters, " + base);
        }
        return scaled(parameters, plain(base, size), "default");
    }

    private static List<Double> plain(double base, int size) {
        List<Double> plain = new ArrayList<>();
        for (int i = 0; i < size; i += 2) {
            plain.add(Math.pow(base, -(double) i / size));
        }
        return plain;
    }

    private static List<Double> scaled(ModelConfig scaling, List<Double> plain, String fallback) {
        // The field's name was "type" before transformers 4.43.
        String field = scaling.has("rope_type") || !scaling.has("type") ? "rope_type" : "type";
        String type = scaling.optString(field).orElse(fallback);
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
