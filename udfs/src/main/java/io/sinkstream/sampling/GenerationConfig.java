package io.sinkstream.sampling;

import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.SamplingSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.TrainingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What a checkpoint's {@code generation_config.json} says of continuations, and what settings make of it: a setting that is
 * given wins, then the file, then transformers' own default. A field of it that would change a continuation and is not
 * supported is refused by name.
 */
public final class GenerationConfig {
    /** transformers' default. */
    private static final int TOP_K = 50;

    /** Fields that do nothing with one value, which is also what an absent one means. */
    private static final Map<String, Double> NUMBERS = Map.of(
            "num_beams", 1.0,
            "num_beam_groups", 1.0,
            "num_return_sequences", 1.0,
            "epsilon_cutoff", 0.0,
            "eta_cutoff", 0.0,
            "min_length", 0.0,
            "guidance_scale", 1.0,
            "encoder_repetition_penalty", 1.0,
            "encoder_no_repeat_ngram_size", 0.0);

    private static final Set<String> ABSENT = Set.of(
            "forced_bos_token_id",
            "forced_eos_token_id",
            "begin_suppress_tokens",
            "exponential_decay_length_penalty",
            "sequence_bias",
            "watermarking_config",
            "constraints",
            "force_words_ids",
            "dola_layers",
            "max_time");

    private static final List<Setting<?>> OF_CHANCE = List.of(
            SamplingSettings.TEMPERATURE,
            SamplingSettings.TOP_K,
            SamplingSettings.TOP_P,
            SamplingSettings.MIN_P,
            SamplingSettings.TYPICAL_P);

    private final Optional<ModelConfig> file;

    private GenerationConfig(Optional<ModelConfig> file) {
        this.file = file;
    }

    /**
     * Reads the file of the checkpoint in {@code folder}, if it has one.
     *
     * @throws io.sinkstream.settings.UserException if it has a field that is not supported
     */
    public static GenerationConfig of(Path folder) {
        Optional<ModelConfig> file = Checkpoint.generationConfig(folder);
        file.ifPresent(GenerationConfig::requireSupported);
        return new GenerationConfig(file);
    }

    private static void requireSupported(ModelConfig file) {
        NUMBERS.keySet().stream().sorted().forEach(field -> {
            double only = NUMBERS.get(field);
            if (file.optDouble(field).orElse(only) != only) {
                throw file.unsupported(field, only == 1 ? "1" : "0");
            }
        });
        ABSENT.stream().sorted().filter(file::has).findFirst().ifPresent(field -> {
            throw file.unsupported(field, "null");
        });
        if (file.optBoolean("token_healing", false)) {
            throw file.unsupported("token_healing", "false");
        }
    }

    /** The most tokens of a continuation. */
    public int maxNewTokens(SettingValues values) {
        return values.isGiven(GenerationSettings.MAX_NEW_TOKENS)
                ? values.require(GenerationSettings.MAX_NEW_TOKENS)
                : whole("max_new_tokens", 1).orElseGet(() -> values.require(GenerationSettings.MAX_NEW_TOKENS));
    }

    /**
     * How tokens are chosen with these settings.
     *
     * @throws io.sinkstream.settings.UserException if the file has a value that is out of range
     */
    public Sampling sampling(SettingValues values) {
        Penalties penalties = new Penalties(
                values.find(SamplingSettings.LOGIT_BIAS).orElse(Map.of()),
                number(values, SamplingSettings.REPETITION_PENALTY, "repetition_penalty", above(0), "a number above 0")
                        .orElse(1.0),
                values.require(SamplingSettings.FREQUENCY_PENALTY),
                values.require(SamplingSettings.PRESENCE_PENALTY));
        Bans bans = new Bans(
                values.find(SamplingSettings.NO_REPEAT_NGRAM_SIZE)
                        .or(() -> whole("no_repeat_ngram_size", 0))
                        .orElse(0),
                read(values, SamplingSettings.BAD_WORDS_IDS, "bad_words_ids", ModelConfig::optTokenLists)
                        .orElse(List.of()),
                values.find(SamplingSettings.MIN_NEW_TOKENS)
                        .or(() -> whole("min_new_tokens", 0))
                        .orElse(0),
                read(values, SamplingSettings.SUPPRESS_TOKENS, "suppress_tokens", ModelConfig::optTokenIds)
                        .orElse(Set.of()));
        Stops stops = new Stops(
                values.find(SamplingSettings.STOP)
                        .or(() -> file.flatMap(GenerationConfig::stopStrings))
                        .orElse(List.of()),
                values.find(SamplingSettings.STOP_TOKEN_IDS).orElse(Set.of()));
        return new Sampling(penalties, bans, isSampled(values) ? draw(values) : null, stops, contrast(values));
    }

    /** transformers looks at both and at nothing else; null for none. */
    private Contrast contrast(SettingValues values) {
        if (isSampled(values) || topK(values) < 2) {
            return null;
        }
        double alpha = number(
                        values,
                        SamplingSettings.PENALTY_ALPHA,
                        "penalty_alpha",
                        value -> value >= 0 && value <= 1,
                        "a number from 0 to 1")
                .orElse(0.0);
        return alpha == 0 ? null : new Contrast(alpha, topK(values));
    }

    private int topK(SettingValues values) {
        return values.find(SamplingSettings.TOP_K).or(() -> whole("top_k", 0)).orElse(TOP_K);
    }

    private boolean isSampled(SettingValues values) {
        return values.isGiven(SamplingSettings.DO_SAMPLE)
                ? values.require(SamplingSettings.DO_SAMPLE)
                : file.map(config -> config.optBoolean("do_sample", false)).orElse(false);
    }

    private Draw draw(SettingValues values) {
        String share = "a number above 0, at most 1";
        Predicate<Double> isShare = value -> value > 0 && value <= 1;
        return new Draw(
                number(values, SamplingSettings.TEMPERATURE, "temperature", above(0), "a number above 0")
                        .orElse(1.0),
                topK(values),
                number(values, SamplingSettings.TOP_P, "top_p", isShare, share).orElse(1.0),
                number(
                                values,
                                SamplingSettings.MIN_P,
                                "min_p",
                                value -> value >= 0 && value <= 1,
                                "a number from 0 to 1")
                        .orElse(0.0),
                number(values, SamplingSettings.TYPICAL_P, "typical_p", isShare, share)
                        .orElse(1.0),
                values.require(TrainingSettings.SEED));
    }

    /** What was given and does nothing, as it is told to users. */
    public List<String> warnings(SettingValues values) {
        List<String> warnings = new ArrayList<>();
        boolean isSampled = isSampled(values);
        if (values.isGiven(SamplingSettings.PENALTY_ALPHA) && (isSampled || topK(values) < 2)) {
            warnings.add(SamplingSettings.PENALTY_ALPHA + " does nothing with "
                    + (isSampled ? SamplingSettings.DO_SAMPLE : SamplingSettings.TOP_K + " below 2"));
        }
        boolean isContrastive = contrast(values) != null;
        if (!isSampled) {
            OF_CHANCE.stream()
                    .filter(values::isGiven)
                    .filter(setting -> !isContrastive || setting != SamplingSettings.TOP_K)
                    .forEach(setting -> warnings.add(setting + " does nothing without " + SamplingSettings.DO_SAMPLE));
        }
        return warnings;
    }

    private static Predicate<Double> above(double bound) {
        return value -> value > bound;
    }

    private <T> Optional<T> read(
            SettingValues values,
            Setting<T> setting,
            String field,
            BiFunction<ModelConfig, String, Optional<T>> reader) {
        return values.find(setting).or(() -> file.flatMap(config -> reader.apply(config, field)));
    }

    private Optional<Double> number(
            SettingValues values, Setting<Double> setting, String field, Predicate<Double> isAllowed, String allowed) {
        return values.find(setting)
                .or(() -> file.flatMap(config -> {
                    Optional<Double> value = config.optDouble(field);
                    if (value.isPresent() && !isAllowed.test(value.get())) {
                        throw config.unsupported(field, allowed);
                    }
                    return value;
                }));
    }

    private Optional<Integer> whole(String field, int least) {
        return file.filter(config -> config.has(field)).map(config -> config.requireInt(field, least));
    }

    /** transformers takes one or a list. */
    private static Optional<List<String>> stopStrings(ModelConfig config) {
        Optional<List<String>> all = config.isString("stop_strings")
                ? config.optString("stop_strings").map(List::of)
                : config.optStrings("stop_strings");
        if (all.stream().flatMap(List::stream).anyMatch(String::isEmpty)) {
            throw config.unsupported("stop_strings", "texts that are not empty");
        }
        return all;
    }

    /** The settings that say how tokens are chosen, in the order of the help. */
    public static List<Setting<?>> settings() {
        return Stream.concat(SamplingSettings.all().stream(), Stream.of(TrainingSettings.SEED))
                .toList();
    }
}
