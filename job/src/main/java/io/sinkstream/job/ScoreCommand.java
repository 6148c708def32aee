package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.console.ScoreReport;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code score}: perplexity per row and stream. */
final class ScoreCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> own = new ArrayList<>(Settings.OF_SCORING);
        own.add(Settings.SPLIT_TOKENS);
        own.addAll(List.of(
                OddSettings.CALIBRATION_OUTPUT,
                OddSettings.STREAM_OUTPUT,
                OddSettings.STREAMS_BY,
                OddSettings.WINDOW_ROWS,
                OddSettings.LEAST_TOKENS));
        return BatchRun.settings(own);
    }

    @Override
    List<String> description() {
        return List.of(
                "Scores keyed text streams: how well the model predicts each row from the stream before it.",
                "",
                "Adds to the input's columns: tokens, nll (nats), perplexity, bits_per_byte, stream_tokens,"
                        + " stream_perplexity, error; with --calibrate also p_value, and with --alarm-rate"
                        + " odd; and of each token what the options ask for.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  Meetings, a JSON object a line:",
                "    score --model llama --input meetings.jsonl --key meeting --order seq --output scored",
                "  Log files, each a stream and each line a row:",
                "    score --model llama --input '/var/log/app/*.log' --format text",
                "  One long stream on all executors:",
                "    score --model llama --input book.txt --split-tokens 200000",
                "  Which lines are odd beside a day that is known to be ordinary:",
                "    score --input monday.jsonl --key host --order time --calibration-output ordinary.json",
                "    score --input tuesday.jsonl --key host --order time --calibrate ordinary.json --alarm-rate 0.001",
                "  Token ids instead of a text, and every token's number:",
                "    score --model llama --input ids.parquet --key id --tokens ids --prefix s_ --token-nll",
                "  Which rank among all tokens each one has, and which five were the likeliest:",
                "    score --input logs --format json --key key --order seq --token-rank --top-logprobs 5 --output ranked");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        ScoringSummary done = new BatchRun(values, KeyedOptions.scoring(values)).run("sinkstream score", err);
        ScoreReport.print(out, done, values.find(Settings.OUTPUT).orElse(null));
    }
}
