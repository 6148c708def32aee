package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.checkpoint.ModelLocation;
import io.sinkstream.djl.ServingProperties;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code djl score} and {@code djl generate}: a checkpoint becomes a model of DJL's. */
final class DjlCommand extends SettingsCommand {
    /** What the model does with what could be scored as well as continued. */
    enum Task {
        SCORE,
        GENERATE
    }

    private final Task task;

    DjlCommand(Task task) {
        this.task = task;
    }

    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(
                task == Task.SCORE ? ServingProperties.ofScoring() : ServingProperties.ofContinuations());
        all.add(Settings.OUTPUT);
        all.add(Settings.OVERWRITE);
        return all;
    }

    @Override
    List<String> description() {
        return List.of("Writes " + ServingProperties.FILE
                + ", by which DJL, its Spark extension and DJL Serving load the model with this jar beside them: into the"
                + " checkpoint's folder, or with --output into a folder of its own that names the model. The settings that are"
                + " given are the model's. A program's texts become "
                + (task == Task.SCORE
                        ? "their tokens' NLLs, and requests are scored."
                        : "continuations, and requests too."));
    }

    @Override
    List<String> examples() {
        return task == Task.SCORE
                ? List.of(
                        "  djl score --model /models/llama",
                        "  djl score --model builtin --attention-sink-window-size 508 --output /models/logs")
                : List.of("  djl generate --model /models/llama-chat --chat --max-new-tokens 64 --do-sample");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        KeyedOptions options = task == Task.SCORE ? KeyedOptions.scoring(values) : KeyedOptions.continuing(values);
        options.describe();
        Map<String, String> settings = values.configuration(
                task == Task.SCORE ? ServingProperties.ofScoring() : ServingProperties.ofContinuations());
        Path folder = folder(values, options.model(), settings);
        Path file = folder.resolve(ServingProperties.FILE);
        if (Files.exists(file) && !values.require(Settings.OVERWRITE)) {
            throw new UserException(
                    Settings.OUTPUT + ": " + file + " exists; remove it, or give " + Settings.OVERWRITE);
        }
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    file,
                    task == Task.SCORE ? ServingProperties.scoring(settings) : ServingProperties.continuing(settings));
        } catch (IOException e) {
            throw new UserException(Settings.OUTPUT + ": " + file + " can't be written: " + e, e);
        }
        out.println(file);
    }

    /** Where the file goes; what names the model becomes one of the settings, or none if the folder is the model. */
    private static Path folder(SettingValues values, ModelSource model, Map<String, String> settings) {
        settings.remove(Settings.MODEL.key());
        settings.remove(Settings.REVISION.key());
        Path checkpoint = model.options().model().toAbsolutePath();
        String name = values.require(Settings.MODEL);
        boolean isFolder = name.startsWith("file:") || name.startsWith("~/") || Files.isDirectory(Path.of(name));
        Path folder = values.find(Settings.OUTPUT).map(Path::of).orElse(null);
        if (folder != null) {
            settings.put(
                    Settings.MODEL.key(),
                    isFolder || ModelLocation.isElsewhere(name) ? checkpoint.toString() : model.name());
            return folder;
        }
        if (!isFolder) {
            throw new UserException(Settings.OUTPUT + " is missing: " + name
                    + " is a name, and its folder is a cache's; give a folder to write into");
        }
        return checkpoint;
    }
}
