package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rotary frequencies from a config (Hugging Face transformers, {@code modeling_rope_utils.py}). */
final class RotaryFields {
    private static final double BASE = 10000.0;
    private static final String ABSENT = "absent";
    private static final String PARAMETERS = "rope_parameters";
    private static final String PARTIAL = "partial_rotary_factor";
    private static final String THETA = "rope_theta";

    private RotaryFields() {}

    /**
     * Frequencies in radians a position for a head that is rotated as a whole, {@code headSize / 2} of them, scaled as the
     * config says: by {@code rope_theta} and {@code rope_scaling}, or since transformers 5 by {@code rope_parameters} for
     * both.
     */
    static List<Double> frequencies(ModelConfig config, int headSize) {
        requireWhole(config);
        return partial(config, headSize, PARTIAL, 1.0, THETA);
    }

    /** The same with this base, whatever those fields say of it. */
    static List<Double> frequencies(ModelConfig config, int headSize, double base) {
        requireWhole(config);
        return scaled(config, plain(base, headSize));
    }

    private static void requireWhole(ModelConfig config) {
        for (ModelConfig place : places(config, config.optObject(PARAMETERS))) {
            if (place.optDouble(PARTIAL).orElse(1.0) != 1.0) {
                throw place.unsupported(PARTIAL, "1.0 in this family");
            }
        }
    }

    /**
     * The same for the part of a head that {@code part} says, or {@code partial_rotary_factor}, its name since transformers
     * 4.46.
     *
     * @param fallback the part where no field says it
     * @param base the base's field, beside {@code rope_theta}
     */
    static List<Double> partial(ModelConfig config, int headSize, String part, double fallback, String base) {
        Optional<ModelConfig> parameters = config.optObject(PARAMETERS);
        double factor = agreed(config, parameters, List.of(part, PARTIAL), fallback);
        int rotated = (int) (headSize * factor);
        if (factor > 1 || rotated % 2 != 0) {
            throw config.unsupported(part, "at most 1, and an even number of a head's " + headSize);
        }
        return scaled(config, plain(agreed(config, parameters, List.of(base, THETA), BASE), rotated));
    }

    /** The frequencies, scaled as the config says. */
    private static List<Double> scaled(ModelConfig config, List<Double> plain) {
        Optional<ModelConfig> parameters = config.optObject(PARAMETERS);
        if (parameters.isPresent() && config.has("rope_scaling")) {
            throw config.unsupported("rope_scaling", "none beside rope_parameters");
        }
        if (parameters.isPresent()
                && (parameters.get().has(SlidingWindows.FULL)
                        || parameters.get().has(SlidingWindows.SLIDING))) {
            throw config.unsupported(PARAMETERS, "the same for all layers");
        }
        return parameters.map(scaling -> scaled(scaling, plain, "default")).orElseGet(() -> config.optObject(
                        "rope_scaling")
                .map(scaling -> scaled(scaling, plain, ABSENT))
                .orElse(plain));
    }

    /** What the fields say, wherever they stand; they must not contradict each other. */
    private static double agreed(
            ModelConfig config, Optional<ModelConfig> parameters, List<String> fields, double fallback) {
        Optional<Double> said = Optional.empty();
        for (String field : fields) {
            for (ModelConfig place : places(config, parameters)) {
                if (!place.has(field)) {
                    continue;
                }
                double value = positive(place, field);
                if (said.isPresent() && said.get() != value) {
                    throw place.unsupported(field, "what another field says, " + said.get());
                }
                said = Optional.of(value);
            }
        }
        return said.orElse(fallback);
    }

    private static List<ModelConfig> places(ModelConfig config, Optional<ModelConfig> parameters) {
        return parameters.map(p -> List.of(p, config)).orElse(List.of(config));
    }

    /** Without scaling: {@code base} to the power of -2i/size. */
    static List<Double> plain(double base, int size) {
        List<Double> plain = new ArrayList<>();
        for (int i = 0; i < size; i += 2) {
            plain.add(Math.pow(base, -(double) i / size));
        }
        return plain;
    }

    private static List<Double> scaled(ModelConfig scaling, List<Double> plain, String fallback) {
        // The field's name was "type" before transformers 4.43, which still lets it win.
        scaling.requireAgreed("rope_type", "type");
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
}
