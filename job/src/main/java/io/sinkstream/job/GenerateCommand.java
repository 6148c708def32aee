package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.console.GenerateReport;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code generate}: a continuation per row. */
final class GenerateCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(BatchRun.settings(KeyedOptions.OF_CONTINUATIONS));
        all.addAll(EndlessGeneration.settings());
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Continues keyed streams: each row is a turn, in its stream's order, and its continuation becomes part of"
                        + " the stream. The streams of a task go on together, each to its next turn as soon as its last is"
                        + " done.",
                "",
                "Adds to the input's columns: continuation, continuation_tokens, finish_reason (length, eos or stop), nll (of"
                        + " the continuation under the model, nats), stream_tokens, error.",
                "",
                "With --endless it writes one stream instead, here and without rows. OUTPUT.csv gets a row for every 1,000 tokens:"
                        + " tokens, perplexity (of what was written, under the model), overall_perplexity, distinct_1 to distinct_4"
                        + " (which share of the block's n-grams is distinct), repetition (which share of its tokens ends a run of 4"
                        + " that came in the 1,024 before), seconds, tokens_per_second, resident_mib.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  Questions, several a user, as one conversation each:",
                "    generate --model llama-chat --input questions.jsonl --key user --order time --chat --output answers",
                "  A model without a chat template:",
                "    generate ... --template \"USER: {text}\\n\\nASSISTANT: \" --stop \"USER:\"",
                "  The same by chance, the same again with the same seed:",
                "    generate ... --do-sample --temperature 0.7 --top-p 0.9 --seed 7",
                "  One answer without end, with a record of its fluency in story.txt.csv:",
                "    generate --model llama --endless 100000 --prompt \"Once upon a time\" --output story.txt");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        if (EndlessGeneration.isGiven(values)) {
            EndlessGeneration.run(values, out, err);
            return;
        }
        KeyedOptions options = KeyedOptions.continuing(values);
        BatchRun run = new BatchRun(values, options);
        StreamGenerateCommand.warn(options.model(), values, err);
        ScoringSummary done = run.run("sinkstream generate", err);
        GenerateReport.print(out, done, values.find(Settings.OUTPUT).orElse(null));
    }
}
