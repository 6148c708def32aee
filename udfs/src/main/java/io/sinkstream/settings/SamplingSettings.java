package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How the tokens of continuations are chosen: names and meaning of Hugging Face's GenerationConfig, and of OpenAI's where it
 * is said. They are part of the catalogue, {@link Settings#all()}.
 */
public final class SamplingSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** Whether tokens are drawn by chance. */
    public static final Setting<Boolean> DO_SAMPLE = add(Setting.flag(
            "do-sample",
            "Draws each token by chance, where otherwise the likeliest is taken: the same one for the same --seed, key"
                    + " and place in the stream. If it is not given, do_sample of the checkpoint's generation_config.json"
                    + " decides; --do-sample=false is greedy in any case. Defaults of the options that follow are that"
                    + " file's too, where it has them."));

    /** What logits are divided by. */
    public static final Setting<Double> TEMPERATURE = add(Setting.value(
            "temperature",
            "NUMBER",
            null,
            Parsers.above(0, 1e6),
            "With --do-sample: what logits are divided by. Below 1 likely tokens become likelier. Without it 1."));

    /** How many of the likeliest tokens can come. */
    public static final Setting<Integer> TOP_K = add(Setting.value(
            "top-k",
            "TOKENS",
            null,
            Parsers.wholeNumber(0),
            "With --do-sample: how many of the likeliest tokens can come; 0 for all. With --penalty-alpha: how many are"
                    + " tried. Without it 50."));

    /** How much contrast counts. */
    public static final Setting<Double> PENALTY_ALPHA = add(Setting.value(
            "penalty-alpha",
            "SHARE",
            null,
            Parsers.number(0, 1),
            "Contrastive search, without --do-sample and with --top-k above 1: each of the K likeliest tokens is run, and the one"
                    + " comes with the highest (1 - SHARE) x probability - SHARE x similarity, the largest cosine of its last hidden"
                    + " state with those of the sinks and the window. Costs K times two rows a token, and a rebuilt cache takes R"
                    + " tokens more. Without it 0, none."));

    /** Which share of the probability can come. */
    public static final Setting<Double> TOP_P = add(
            Setting.value(
                    "top-p",
                    "SHARE",
                    null,
                    Parsers.above(0, 1),
                    "With --do-sample: the likeliest tokens can come, up to this share of the probability. Without it 1, all."));

    /** How likely a token must be beside the likeliest. */
    public static final Setting<Double> MIN_P = add(Setting.value(
            "min-p",
            "SHARE",
            null,
            Parsers.number(0, 1),
            "With --do-sample: what a token's probability must be of the likeliest one's. Without it 0."));

    /** Which share of the typical tokens can come. */
    public static final Setting<Double> TYPICAL_P = add(Setting.value(
            "typical-p",
            "SHARE",
            null,
            Parsers.above(0, 1),
            "With --do-sample: the tokens can come whose surprise is nearest to the expected one, up to this share of the"
                    + " probability. Without it 1, all."));

    /** transformers' penalty of tokens that were there. */
    public static final Setting<Double> REPETITION_PENALTY = add(Setting.value(
            "repetition-penalty",
            "FACTOR",
            null,
            Parsers.above(0, 1e6),
            "transformers' penalty for tokens that are in the stream's sinks or window, whoever wrote them: positive logits"
                    + " are divided by it, others multiplied. Without it 1, none."));

    /** How long a sequence of tokens must be not to come twice. */
    public static final Setting<Integer> NO_REPEAT_NGRAM_SIZE = add(Setting.value(
            "no-repeat-ngram-size",
            "TOKENS",
            null,
            Parsers.wholeNumber(0),
            "No sequence of so many tokens comes that is in the stream's sinks or window already. Without it 0, no such"
                    + " ban."));

    /** Sequences that never come. */
    public static final Setting<List<List<Integer>>> BAD_WORDS_IDS = add(Setting.value(
            "bad-words-ids",
            "IDS;IDS...",
            null,
            Parsers::tokenSequences,
            "Sequences of token ids that never come: 12,7;99 is the token 7 after 12, and the token 99."));

    /** How many tokens come before the model may end. */
    public static final Setting<Integer> MIN_NEW_TOKENS = add(Setting.value(
            "min-new-tokens",
            "TOKENS",
            null,
            Parsers.wholeNumber(0),
            "How many tokens a continuation has before the model's end-of-sequence token can come. Without it 0."));

    /** Tokens that never come. */
    public static final Setting<Set<Integer>> SUPPRESS_TOKENS = add(Setting.value(
            "suppress-tokens", "ID,...", null, Parsers::tokens, "Token ids that never come, joined by commas."));

    /** OpenAI's penalty by count. */
    public static final Setting<Double> FREQUENCY_PENALTY = add(Setting.value(
            "frequency-penalty",
            "NATS",
            "0",
            Parsers.number(-2, 2),
            "OpenAI's penalty: taken off a token's logit for each time that the token is in the stream's sinks or window."
                    + " Unlike --repetition-penalty it grows with the count."));

    /** OpenAI's penalty by presence. */
    public static final Setting<Double> PRESENCE_PENALTY = add(Setting.value(
            "presence-penalty",
            "NATS",
            "0",
            Parsers.number(-2, 2),
            "OpenAI's penalty: taken off a token's logit once if the token is in the stream's sinks or window."));

    /** OpenAI's bias. */
    public static final Setting<Map<Integer, Double>> LOGIT_BIAS = add(Setting.map(
            "logit-bias",
            "ID=NATS",
            Parsers::biases,
            "OpenAI's bias: what is added to a token's logit before anything else, from -100 to 100."));

    /** Texts that end a continuation. */
    public static final Setting<List<String>> STOP = add(Setting.list(
            "stop",
            "TEXT",
            Parsers::stop,
            "A text that ends a continuation; as often as wanted; \\n and \\t are a newline and a tab. The column"
                    + " continuation ends before it; the tokens that were drawn, those of the stop text among them, stay in"
                    + " the stream."));

    /** Tokens that end a continuation. */
    public static final Setting<Set<Integer>> STOP_TOKEN_IDS = add(
            Setting.value(
                    "stop-token-ids",
                    "ID,...",
                    null,
                    Parsers::tokens,
                    "Token ids that end a continuation, joined by commas. The token stays in the stream; its text is left out."));

    private SamplingSettings() {}

    /** All of them, in the order of the help. */
    public static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }
}
