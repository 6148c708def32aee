package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Settings of continuations, but for how tokens are drawn, which {@link SamplingSettings} have. */
public final class GenerationSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** The most tokens of a continuation. */
    public static final Setting<Integer> MAX_NEW_TOKENS = add(Setting.value(
            "max-new-tokens", "TOKENS", "128", Parsers.wholeNumber(1), "The most tokens of a row's continuation."));

    /** Whether a continuation runs on past the end-of-sequence token. */
    public static final Setting<Boolean> IGNORE_EOS = add(Setting.flag(
            "ignore-eos", "Lets a continuation run on past the model's end-of-sequence token, to its most tokens."));

    /** How many tokens are looked up. */
    public static final Setting<Integer> LOOKUP_TOKENS = add(Setting.value(
            "lookup-tokens",
            "TOKENS",
            "8",
            Parsers.wholeNumber(0, 256),
            "Where a stream repeats itself: the most tokens that are looked up in its sinks and window, behind the same"
                    + " tokens as those at its end, and run at once. Those that would have been chosen one by one stay, so"
                    + " the continuation is the same, and comes faster. A stream where they seldom do proposes fewer, and"
                    + " none for a while. 0 for none."));

    /** What a row's text is put into. */
    public static final Setting<String> TEMPLATE = add(Setting.value(
            "template",
            "TEXT",
            "{text}",
            Parsers::unescaped,
            "What a row's text is put into before it is continued: {text} stands for it, \\n and \\t are a newline"
                    + " and a tab. Such as \"USER: {text}\\n\\nASSISTANT: \"."));

    /** Whether the checkpoint's own chat template is used. */
    public static final Setting<Boolean> CHAT = add(Setting.flag(
            "chat",
            "Puts each row's text into the checkpoint's own chat template, as transformers renders it: the row is a turn of"
                    + " the user, its continuation the model's answer. Instead of --template."));

    private GenerationSettings() {}

    /** All of them, in the order of the help. */
    public static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }
}
