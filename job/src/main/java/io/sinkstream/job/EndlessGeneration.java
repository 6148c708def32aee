package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.dialogue.DialogueOptions;
import io.sinkstream.dialogue.EndlessRun;
import io.sinkstream.rows.RowOptions;
import io.sinkstream.settings.DialogueSettings;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.tables.OutputFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** {@code generate --endless}: one stream, on the driver, and no rows. */
final class EndlessGeneration {
    /** What says how rows come and go. */
    private static final List<Setting<?>> OF_ROWS = List.of(
            Settings.INPUT,
            Settings.FORMAT,
            Settings.SCHEMA,
            Settings.OPTION,
            Settings.KEY,
            Settings.ORDER,
            Settings.TEXT,
            Settings.TOKENS,
            GenerationSettings.MAX_NEW_TOKENS,
            Settings.LATE,
            Settings.MAX_ROW_BYTES,
            Settings.PREFIX,
            Settings.PARTITIONS,
            Settings.OUTPUT_FORMAT,
            Settings.OUTPUT_OPTION,
            StreamSettings.SAVE_STATE);

    private static final List<Setting<?>> OWN =
            List.of(DialogueSettings.ENDLESS, DialogueSettings.PROMPT, ExperimentSettings.EXPERIMENT);

    private EndlessGeneration() {}

    /** The settings that nothing else of {@code generate} has. */
    static List<Setting<?>> settings() {
        return OWN;
    }

    /** Whether it is asked for. Throws UserException if only a setting of it is given. */
    static boolean isGiven(SettingValues values) {
        if (values.isGiven(DialogueSettings.ENDLESS)) {
            return true;
        }
        OWN.stream().filter(values::isGiven).findFirst().ifPresent(setting -> {
            throw new UserException(setting + " goes with " + DialogueSettings.ENDLESS + ", which is missing");
        });
        return false;
    }

    static void run(SettingValues values, PrintWriter out, PrintWriter err) {
        OF_ROWS.stream().filter(values::isGiven).findFirst().ifPresent(setting -> {
            throw new UserException(setting + " and " + DialogueSettings.ENDLESS + ": "
                    + (setting.equals(GenerationSettings.MAX_NEW_TOKENS)
                            ? "both say how many tokens there are"
                            : "one stream without end has no rows")
                    + "; leave one of them out");
        });
        if (values.require(GenerationSettings.CHAT)
                && values.find(DialogueSettings.PROMPT).isEmpty()) {
            throw new UserException(
                    GenerationSettings.CHAT + " needs a turn of the user: give " + DialogueSettings.PROMPT);
        }
        ModelSource source = ModelSource.from(values);
        DialogueOptions options = DialogueOptions.from(
                values,
                source,
                RowOptions.continued(values, source.options().model()).prompt());
        Path output = OutputFile.of(values).orElse(null);
        if (output != null) {
            OutputFile.checked(EndlessRun.record(output).toString(), values);
        }
        options.describe();
        StreamGenerateCommand.warn(source, values, err);
        try (StreamModel model = StreamModel.open(options.model().options());
                EndSignal signal = EndSignal.await()) {
            new EndlessRun(model, options, values.require(DialogueSettings.ENDLESS), out, err)
                    .run(values.find(DialogueSettings.PROMPT).orElse(null), output, signal::isGiven);
        }
    }
}
