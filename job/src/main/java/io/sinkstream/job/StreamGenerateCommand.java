package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.streaming.StreamOptions;
import io.sinkstream.tables.StreamInput;
import java.io.PrintWriter;
import java.util.List;

/** {@code stream generate}: a continuation per row, for ever. */
final class StreamGenerateCommand extends SettingsCommand {
    private static final int ROWS_PER_TRIGGER = 1_000;

    @Override
    List<Setting<?>> settings() {
        return StreamRun.settings(KeyedOptions.OF_CONTINUATIONS);
    }

    /** Tells what was given and does nothing. */
    static void warn(ModelSource model, SettingValues values, PrintWriter err) {
        KeyedOptions.warnings(model, values).forEach(warning -> err.println("warning: " + warning));
    }

    @Override
    List<String> description() {
        return List.of(
                "Continues keyed streams that never end: each row is a turn, and its continuation becomes part of the"
                        + " stream. What generate does, in micro-batches.",
                "",
                "Adds to the input's columns: continuation, continuation_tokens, finish_reason (length, eos or stop), nll (of the"
                        + " continuation, nats), stream_tokens, error.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  Questions from Kafka, answers to Kafka:",
                "    stream generate --model llama-chat --format kafka --option kafka.bootstrap.servers=host:9092 \\",
                "      --option subscribe=questions --template \"USER: {text}\\n\\nASSISTANT: \" \\",
                "      --checkpoint /data/chat.checkpoint --output-format kafka \\",
                "      --output-option kafka.bootstrap.servers=host:9092 --output-option topic=answers");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        StreamInput input = StreamInput.from(values, ROWS_PER_TRIGGER);
        KeyedOptions continued = KeyedOptions.continuing(values);
        StreamOptions options = StreamRun.options(continued, input, values);
        StreamRun run = new StreamRun(values, input, options);
        warn(continued.model(), values, err);
        run.run("sinkstream stream generate", err);
    }
}
