package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.dialogue.ChatConsole;
import io.sinkstream.dialogue.ChatLoop;
import io.sinkstream.dialogue.Conversation;
import io.sinkstream.dialogue.DialogueOptions;
import io.sinkstream.dialogue.FileTurn;
import io.sinkstream.dialogue.KnownWords;
import io.sinkstream.dialogue.PlainConsole;
import io.sinkstream.dialogue.PromptHistory;
import io.sinkstream.dialogue.RowFile;
import io.sinkstream.dialogue.TerminalConsole;
import io.sinkstream.dialogue.TurnsRun;
import io.sinkstream.rows.Prompt;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.DialogueSettings;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.tables.OutputFile;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code chat}: a dialogue without end, with a user or a file of prompts. */
final class ChatCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(List.of(
                ExperimentSettings.EXPERIMENT,
                GenerationSettings.TEMPLATE,
                GenerationSettings.MAX_NEW_TOKENS,
                GenerationSettings.IGNORE_EOS,
                GenerationSettings.LOOKUP_TOKENS));
        all.addAll(GenerationConfig.settings());
        all.addAll(List.of(
                DialogueSettings.TURNS,
                DialogueSettings.WORD_LIST,
                DialogueSettings.PROMPT_HISTORY,
                Settings.OUTPUT,
                Settings.OVERWRITE));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "A dialogue without end, on this machine: what was said long ago leaves the window, and nothing has to be"
                        + " begun anew. In a terminal, or by lines of the standard input. /help says what else can be said.",
                "",
                "Turns go into the checkpoint's own chat template, or into --template. A prompt that is longer than the window"
                        + " is read to its end, as all tokens are: one after another.",
                "",
                "With --turns all prompts of a file are one conversation. --output, FILE.jsonl or FILE.csv, gets a row for each:"
                        + " turn, line, prompt, answer, finish_reason (length, eos or stop), prompt_tokens, prompt_perplexity, tokens,"
                        + " perplexity (of the answer under the model), words, known_words (the share that is in --word-list or, without"
                        + " one, in the file's prompts), distinct_characters, read_seconds (to the first token), seconds, stream_tokens,"
                        + " resident_mib, error. attention_sinks' demonstration calls an answer lost that has over 1,000 tokens and"
                        + " fewer than 26 distinct characters.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  chat --model llama-chat",
                "  A model without a chat template:",
                "    chat --model llama --template \"USER: {text}\\n\\nASSISTANT: \" --stop \"USER:\"",
                "  MT-bench's questions as one conversation, with and without sinks:",
                "    chat --model llama-chat --turns mt_bench_questions.jsonl --output sinks.jsonl",
                "    chat --model llama-chat --turns mt_bench_questions.jsonl --output windowed.jsonl --experiment windowed");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        ModelSource source = ModelSource.from(values);
        DialogueOptions options = DialogueOptions.from(
                values, source, prompt(values, source.options().model()));
        List<FileTurn> turns = values.find(DialogueSettings.TURNS)
                .map(Path::of)
                .map(FileTurn::read)
                .orElse(null);
        if (turns == null) {
            requireTurns(DialogueSettings.WORD_LIST, values);
            requireTurns(Settings.OUTPUT, values);
        }
        Path log = OutputFile.of(
                        values,
                        DialogueSettings.TURNS,
                        values.find(DialogueSettings.TURNS).map(List::of).orElse(List.of()))
                .orElse(null);
        if (log != null) {
            RowFile.requireFormat(log);
        }
        // A file of prompts has no lines to edit, and neither has a pipe.
        Optional<Path> history = turns == null && isTerminal() ? PromptHistory.of(values) : Optional.empty();
        KnownWords words = turns == null ? null : words(values, turns);
        options.describe();
        StreamGenerateCommand.warn(source, values, err);
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            if (turns == null) {
                talk(conversation, history, out, err);
            } else {
                try (EndSignal signal = EndSignal.await()) {
                    new TurnsRun(conversation, turns, words, out, err).run(log, signal::isGiven);
                }
            }
        }
    }

    private static void requireTurns(Setting<?> setting, SettingValues values) {
        if (values.find(setting).isPresent()) {
            throw new UserException(setting + " goes with " + DialogueSettings.TURNS + ", which is missing");
        }
    }

    private static KnownWords words(SettingValues values, List<FileTurn> turns) {
        return values.find(DialogueSettings.WORD_LIST)
                .map(Path::of)
                .map(KnownWords::read)
                .orElseGet(
                        () -> KnownWords.of(turns.stream().map(FileTurn::text).toList()));
    }

    private static Prompt prompt(SettingValues values, Path model) {
        if (values.isGiven(GenerationSettings.TEMPLATE)) {
            return new Prompt.Filled(values.require(GenerationSettings.TEMPLATE));
        }
        return Prompt.Chat.require(Settings.MODEL, model, "turn");
    }

    private static void talk(Conversation conversation, Optional<Path> history, PrintWriter out, PrintWriter err) {
        try (ChatConsole console = isTerminal() ? TerminalConsole.open(history) : plain(out, err)) {
            new ChatLoop(conversation, console).run();
        }
    }

    /** Whether both input and output are one: from Java 22 on only with {@code -Djdk.console=java.base}, and Spark runs on 17 and 21. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        return System.console() != null;
    }

    private static ChatConsole plain(PrintWriter out, PrintWriter err) {
        return new PlainConsole(new BufferedReader(new InputStreamReader(System.in, UTF_8)), out, err);
    }
}
