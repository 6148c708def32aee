package io.sinkstream.dialogue;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.harness.Streams;
import io.sinkstream.rows.Prompt;
import io.sinkstream.settings.SettingValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Dialogues with a random model whose tokens are bytes, at 4 + 28. */
final class TinyDialogue {
    static final int SINKS = 4;
    static final int WINDOW = 28;
    static final int NEW_TOKENS = 12;
    static final Prompt PROMPT = new Prompt.Filled("[{text}]");

    private TinyDialogue() {}

    static Path model(Path folder) {
        try {
            return Streams.model(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Answers of exactly {@link #NEW_TOKENS}, unless these settings, each behind its name, say otherwise. */
    static DialogueOptions options(Path model, String... more) {
        Map<String, String> given = new HashMap<>(Map.of(
                "model",
                model.toString(),
                "attention-sink-window-size",
                "" + WINDOW,
                "max-new-tokens",
                "" + NEW_TOKENS,
                "ignore-eos",
                "true"));
        for (int i = 0; i < more.length; i += 2) {
            given.put(more[i], more[i + 1]);
        }
        SettingValues values = SettingValues.of(given);
        return DialogueOptions.from(values, ModelSource.from(values), PROMPT);
    }

    /** The ids of a first turn. */
    static int[] first(String text) {
        return Streams.ids(List.of("[" + text + "]"), "");
    }
}
