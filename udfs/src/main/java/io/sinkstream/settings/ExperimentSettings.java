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

    /** Which experiments. */
    public static final Setting<List<Experiment>> EXPERIMENT = add(Setting.value(
            "experiment",
            "attention_sinks|transformers|windowed|recomputation|absolute,...",
            "attention_sinks",
            Parsers.list(Parsers.choice(Experiment.class)),
            "What the model sees, one or several joined by commas: attention_sinks S sinks and a window of R; transformers all"
                    + " tokens before; windowed the last S + R, whose keys and values are kept; recomputation the last S + R + 1,"
                    + " run anew for each prediction; absolute S sinks and a window of R, with the sinks at their positions in the"
                    + " text and so ever further away. chat and generate --endless take one of them; there transformers ends"
                    + " where the model's context does."));

    /** How many predictions are computed anew. */
    public static final Setting<Integer> RECOMPUTE_EVERY = add(Setting.value(
            "recompute-every",
            "TOKENS",
            "1",
            Parsers.wholeNumber(1),
            "Recomputation predicts each so many-th token only, which takes so many times less time. Its perplexity is that"
                    + " of these tokens, and a column says what the other experiments have of the same ones."));

    /** S and R together. */
    public static final Setting<Integer> WINDOW_SIZE = add(Setting.value(
            "window-size",
            "TOKENS",
            null,
            Parsers.wholeNumber(2),
            "S and R together, as attention_sinks counts: the window is what --attention-sink-size leaves of it. In the place"
                    + " of --attention-sink-window-size."));

    /** How much is measured. */
    public static final Setting<Integer> NUM_TOKENS = add(Setting.value(
            "num-tokens",
            "TOKENS",
            null,
            Parsers.wholeNumber(1),
            "How many tokens are predicted at most, of all texts together. Default: all."));

    /** How many texts are read. */
    public static final Setting<Integer> NUM_SAMPLES = add(Setting.value(
            "num-samples", "TEXTS", null, Parsers.wholeNumber(1), "How many texts are read at most. Default: all."));

    /** Whether texts know of each other. */
    public static final Setting<Boolean> BEGIN_ANEW = add(Setting.flag(
            "begin-anew",
            "Begins each text with an empty cache. Otherwise the cache is carried from text to text, as streaming-llm does;"
                    + " no text's first token is predicted either way."));

    /** Whether single tokens are timed. */
    public static final Setting<Boolean> LATENCY = add(Setting.flag(
            "latency",
            "Runs one token at a time and measures how long each takes. Otherwise a pass takes --chunk-tokens, and the latency"
                    + " is a token's share of its pass."));

    /** Into how many segments a text is cut. */
    public static final Setting<Integer> PARALLEL = add(Setting.value(
            "parallel",
            "SEGMENTS",
            "1",
            Parsers.wholeNumber(1, 10_000),
            "Into how many segments each experiment is cut at most, to run on as many executors. The numbers are those of"
                    + " the whole: a segment first runs what its first prediction depends on. There are fewer where that"
                    + " would cost more than a quarter of the tokens that are predicted."));

    /** Whether a run goes on. */
    public static final Setting<Boolean> RESUME = add(Setting.flag(
            "resume",
            "Goes on behind the rows that are in --output-dir, to the numbers of a run that was not interrupted."));

    /** Over how many pieces of text attention is averaged. */
    public static final Setting<Integer> EXCERPTS = add(Setting.value(
            "excerpts",
            "COUNT",
            "256",
            Parsers.wholeNumber(1, 100_000),
            "Over how many excerpts of the texts attention is averaged at most, spread evenly over them."));

    /** How long they are. */
    public static final Setting<Integer> EXCERPT_TOKENS = add(
            Setting.value(
                    "excerpt-tokens",
                    "TOKENS",
                    null,
                    Parsers.wholeNumber(2, 128),
                    "How many tokens an excerpt has. Default: 16 for attention-map, as in the paper's figure, and 64 for sinks."));

    /** Which layers are drawn. */
    public static final Setting<List<Integer>> DRAW_LAYERS = add(Setting.value(
            "draw-layers",
            "LAYER,...",
            null,
            Parsers.list(Parsers.wholeNumber(0)),
            "Which layers are drawn, from 0, joined by commas. Default: eight from the first to the last."));

    /** Which heads are drawn. */
    public static final Setting<List<Integer>> DRAW_HEADS = add(Setting.value(
            "draw-heads",
            "HEAD,...",
            "0",
            Parsers.list(Parsers.wholeNumber(0)),
            "Which heads of each layer are drawn, from 0, joined by commas."));
    /** How far back StreamEval's answers are. */
    public static final Setting<List<Integer>> DISTANCE = add(Setting.value(
            "distance",
            "LINES,...",
            "20",
            Parsers.list(Parsers.wholeNumber(1, 100_000)),
            "How many lines back the line is that StreamEval asks for, one or several joined by commas, each a stream of its"
                    + " own."));

    /** How many questions are asked. */
    public static final Setting<Integer> NUM_QUESTIONS = add(Setting.value(
            "num-questions",
            "COUNT",
            "100",
            Parsers.wholeNumber(1, 1_000_000),
            "How many questions each stream has; of arc's input at most so many are read."));

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
            Setting.value("title", "TEXT", null, Parsers::nonEmpty, "What stands over the picture. Default: nothing."));

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
