package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.Questions;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.tables.OutputFile;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** {@code streameval}: how far back a model finds what it has read. */
final class StreamEvalCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(List.of(
                ExperimentSettings.EXPERIMENT,
                ExperimentSettings.WINDOW_SIZE,
                ExperimentSettings.DISTANCE,
                ExperimentSettings.NUM_QUESTIONS,
                TrainingSettings.SEED,
                Settings.OUTPUT,
                Settings.OVERWRITE));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Asks a model for what it has read, as the paper's StreamEval does: the text is numbered lines, each with a"
                        + " number of its own, and after every ten lines it is asked for the number of one that is"
                        + " --distance lines back.",
                "",
                "An answer is right if the model would write it to the letter, choosing the likeliest token each time; the"
                        + " right one then stands in the text. With --output each answer is a row of a CSV file.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  streameval --model llama --window-size 1024 --distance 20,40,60 --experiment attention_sinks,windowed");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        ModelSource model = ExperimentOptions.model(values);
        QuestionRun run = new QuestionRun(model, OutputFile.of(values).orElse(null));
        Questions questions = Questions.streamEval(
                model,
                ExperimentOptions.experiments(values),
                values.require(ExperimentSettings.DISTANCE),
                values.require(ExperimentSettings.NUM_QUESTIONS),
                values.require(TrainingSettings.SEED));
        TextTable.print(
                out,
                List.of("experiment", ">lines back", ">tokens back", ">questions", ">right", ">accuracy"),
                run.run("sinkstream streameval", questions, err).stream()
                        .map(row -> Stream.concat(
                                        Stream.of(
                                                row.experiment(),
                                                TextTable.count(row.distance()),
                                                TextTable.count(row.tokensBack())),
                                        QuestionRun.accuracy(row).stream())
                                .toList())
                        .toList());
    }
}
