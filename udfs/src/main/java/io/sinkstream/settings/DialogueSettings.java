package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The settings of dialogues and endless answers. They are part of the catalogue, {@link Settings#all()}. */
public final class DialogueSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** What is asked without a user. */
    public static final Setting<String> TURNS = add(Setting.value(
            "turns",
            "FILE",
            null,
            Parsers::nonEmpty,
            "A file of prompts that chat runs as one conversation: JSON lines, each with an array of texts, turns (as MT-bench's"
                    + " questions have it) or prompt."));

    /** Which words are words. */
    public static final Setting<String> WORD_LIST = add(Setting.value(
            "word-list",
            "FILE",
            null,
            Parsers::nonEmpty,
            "A text file whose words count as words in the log of --turns: a word list, or a book. Default: the words of all the"
                    + " prompts, so that even a good answer has others."));

    /** How long an endless answer is. */
    public static final Setting<Integer> ENDLESS = add(Setting.value(
            "endless",
            "TOKENS",
            null,
            Parsers.wholeNumber(1),
            "Writes one stream of so many tokens behind --prompt, and reads no rows: the text to the console and --output, a"
                    + " record of its speed, memory and fluency to OUTPUT.csv. The model can't end it; with --ignore-eos its"
                    + " end-of-sequence token is one that may come."));

    /** What an endless answer answers. */
    public static final Setting<String> PROMPT = add(Setting.value(
            "prompt",
            "TEXT",
            null,
            Parsers::unescaped,
            "What --endless begins with, in --template or --chat's; \\n and \\t are a newline and a tab. Default: what the"
                    + " tokenizer puts in front of a text."));

    /** Where lines of a dialogue stay for the next one. */
    public static final Setting<String> PROMPT_HISTORY = add(Setting.value(
            "prompt-history",
            "FILE|none",
            "~/.sinkstream_history",
            Parsers::nonEmpty,
            "Where chat keeps what was typed at its terminal, for the arrow keys and Ctrl-R of later dialogues; only its owner"
                    + " can read a file that it makes. none keeps nothing."));

    private DialogueSettings() {}

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }

    static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }
}
