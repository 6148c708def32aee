package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The settings of experiments that show a rule at work. They are part of the catalogue, {@link Settings#all()}. */
public final class ExperimentSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** Where experiments leave what they measured. */
    public static final Setting<String> OUTPUT_DIR = add(Setting.value(
            "output-dir",
            "DIR",
            null,
            Parsers::nonEmpty,
            "The folder of the experiments: EXPERIMENT.csv of each, with a row for each token."));

    /** What is drawn. */
    public static final Setting<List<PlotFeature>> FEATURES = add(Setting.list(
            "features",
            "perplexity|vram|latency",
            Parsers.choice(PlotFeature.class),
            "What is drawn over the length of the input, one under the other: perplexity is the natural logarithm of the"
                    + " perplexity so far, vram the GPU's memory in GiB (on a CPU what the caches hold), latency the seconds"
                    + " a token takes. All of them unless some are named."));

    /** What stands over the picture. */
    public static final Setting<String> TITLE = add(
            Setting.value("title", "TEXT", null, Parsers::nonEmpty, "What stands over the picture. Default: nothing"));

    /** Where the axis of perplexity ends. */
    public static final Setting<Double> LOG_PERPLEXITY_LIMIT = add(Setting.value(
            "log-perplexity-limit",
            "NATS",
            "5",
            Parsers.number(0.1, 100),
            "The highest logarithm of a perplexity that is drawn: a curve that goes beyond leaves the picture."));

    /** How much of the beginning is left out. */
    public static final Setting<Integer> SKIP_FIRST = add(Setting.value(
            "skip-first",
            "TOKENS",
            "100",
            Parsers.wholeNumber(0),
            "How many tokens of the beginning are left out, where the mean of a few tokens jumps."));

    /** How large the picture is. */
    public static final Setting<PictureSize> PICTURE_SIZE = add(Setting.value(
            "picture-size", "WIDTHxHEIGHT", "1200x800", Parsers::pictureSize, "How large the picture is, in pixels."));

    private ExperimentSettings() {}

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }

    static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }
}
