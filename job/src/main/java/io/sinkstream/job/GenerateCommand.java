package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.console.GenerateReport;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.io.PrintWriter;
import java.util.List;

/** {@code generate}: a continuation per row. */
final class GenerateCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        return BatchRun.settings(StreamGenerateCommand.own());
    }

    @Override
    List<String> description() {
        return List.of(
                "Continues keyed streams: each row is a turn, in its stream's order, and its continuation becomes part of"
                        + " the stream. The streams of a task go on together, each to its next turn as soon as its last is"
                        + " done.",
                "",
                "Adds to the input's columns: continuation, continuation_tokens, finish_reason (length, eos or stop), nll (of"
                        + " the continuation under the model, nats), stream_tokens, error.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  Questions, several a user, as one conversation each:",
                "    generate --model llama-chat --input questions.jsonl --key user --order time --chat --output answers",
                "  A model without a chat template:",
                "    generate ... --template \"USER: {text}\\n\\nASSISTANT: \" --stop \"USER:\"",
                "  The same by chance, the same again with the same seed:",
                "    generate ... --do-sample --temperature 0.7 --top-p 0.9 --seed 7");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        BatchRun run = new BatchRun(values, KeyedOptions.continuing(values));
        StreamGenerateCommand.warn(values, err);
        ScoringSummary done = run.run("sinkstream generate", err);
        GenerateReport.print(out, done, values.find(Settings.OUTPUT).orElse(null));
    }
}
