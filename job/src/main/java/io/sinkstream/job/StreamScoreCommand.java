package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.streaming.StreamOptions;
import io.sinkstream.tables.StreamInput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code stream score}: perplexity per row, for ever. */
final class StreamScoreCommand extends SettingsCommand {
    private static final int ROWS_PER_TRIGGER = 100_000;

    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> own = new ArrayList<>(Settings.OF_SCORING);
        own.add(OddSettings.RECALIBRATE);
        return StreamRun.settings(own);
    }

    @Override
    List<String> description() {
        return List.of(
                "Scores keyed streams that never end: what score does, in micro-batches, each row exactly once and each"
                        + " stream where it left off, through restarts and crashes.",
                "",
                "Adds to the input's columns: tokens, nll (nats), perplexity, bits_per_byte, stream_tokens,"
                        + " stream_perplexity, error; with --calibrate also p_value, and with --alarm-rate odd. From Kafka:"
                        + " the record's key is the key, its value the text (or JSON of --schema), its offset the order.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  A Kafka topic, to files that Spark reads exactly once:",
                "    stream score --model llama --format kafka --option kafka.bootstrap.servers=host:9092 \\",
                "      --option subscribe=logs --checkpoint /data/logs.checkpoint --output /data/logs.scored",
                "  Files as they come, in what is there now:",
                "    stream score --model llama --format json --input in --schema \"key STRING, seq BIGINT, text STRING\" \\",
                "      --key key --order seq --checkpoint state --output scored --trigger available-now");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        StreamInput input = StreamInput.from(values, ROWS_PER_TRIGGER);
        StreamOptions options = StreamRun.options(KeyedOptions.scoring(values), input, values);
        new StreamRun(values, input, options).run("sinkstream stream score", err);
    }
}
