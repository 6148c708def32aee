package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.HistoryError;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.tables.InputText;
import java.io.PrintWriter;
import java.util.List;

/** {@code history}: what a shorter history costs. */
final class HistoryCommand extends SettingsCommand {
    /** Trained models are at the limit of fp32 before. */
    private static final int MOST_WINDOWS = 6;

    @Override
    List<Setting<?>> settings() {
        return List.of(Settings.MODEL, Settings.REVISION, Settings.SINKS, Settings.WINDOW, Settings.INPUT);
    }

    @Override
    List<String> description() {
        return List.of(
                "Measures what stream's --history bounded:M costs: how far the NLL of the next 128 tokens is off, nats,"
                        + " after a stream's cache was rebuilt from its sinks and its last M windows, on a text file.");
    }

    @Override
    List<String> examples() {
        return List.of("  history --model llama --input book.txt");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        ModelOptions options = ModelOptions.of(ModelSource.folder(values))
                .withAttention(values.require(Settings.SINKS), values.require(Settings.WINDOW));
        if (!StreamModel.describe(options).tokenizer()) {
            throw new UserException(
                    Settings.MODEL + ": " + options.model() + " has no tokenizer.json to read a text with");
        }
        String text = InputText.of(values.require(Settings.INPUT));
        if (text == null) {
            throw new UserException(Settings.INPUT + ": there is no text in " + values.require(Settings.INPUT));
        }
        // Several times all that has an influence, and not the whole of a long book.
        long most = 8L
                * (options.sinks()
                        + (MOST_WINDOWS + 2L) * StreamModel.describe(options).historyTokens());
        HistoryError.table(HistoryError.measure(
                        options, text.substring(0, (int) Math.min(text.length(), most)), MOST_WINDOWS, err::println))
                .forEach(out::println);
    }
}
