package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.Questions;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.tables.InputText;
import io.sinkstream.tables.OutputFile;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** {@code arc}: multiple-choice questions as one endless stream, and one by one. */
final class ArcCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(List.of(
                ExperimentSettings.EXPERIMENT,
                ExperimentSettings.WINDOW_SIZE,
                Settings.INPUT,
                ExperimentSettings.NUM_QUESTIONS,
                Settings.OUTPUT,
                Settings.OVERWRITE));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Asks multiple-choice questions as one endless stream, for each experiment, and one by one with nothing"
                        + " before: does a stream without end cost a model its answers?",
                "",
                "--input is files in the layout of the AI2 Reasoning Challenge, a JSON object a line: {\"id\", \"question\":"
                        + " {\"stem\", \"choices\": [{\"text\", \"label\"}]}, \"answerKey\"}. An answer is right if the model"
                        + " would write the label to the letter; the right one then stands in the stream. With --output each"
                        + " answer is a row of a CSV file.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  arc --model llama --input ARC-Easy-Test.jsonl --window-size 1024 --experiment attention_sinks,windowed");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        ModelSource model = ExperimentOptions.model(values);
        List<String> files = values.require(Settings.INPUT);
        QuestionRun run = new QuestionRun(
                model, OutputFile.of(values, Settings.INPUT, files).orElse(null));
        String lines = InputText.of(files);
        if (lines == null) {
            throw new UserException(Settings.INPUT + ": there are no questions");
        }
        Questions questions = Questions.arc(
                model, ExperimentOptions.experiments(values), lines, values.require(ExperimentSettings.NUM_QUESTIONS));
        TextTable.print(
                out,
                List.of("experiment", ">questions", ">right", ">accuracy"),
                run.run("sinkstream arc", questions, err).stream()
                        .map(row -> Stream.concat(Stream.of(row.experiment()), QuestionRun.accuracy(row).stream())
                                .toList())
                        .toList());
    }
}
