package io.sinkstream.job;

import io.sinkstream.benchmark.ExperimentPlot;
import io.sinkstream.benchmark.ExperimentPlot.Form;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.PlotFeature;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code plot}: what experiments measured, as a picture. */
final class PlotCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        return List.of(
                ExperimentSettings.OUTPUT_DIR,
                ExperimentSettings.FEATURES,
                ExperimentSettings.TITLE,
                ExperimentSettings.LOG_PERPLEXITY_LIMIT,
                ExperimentSettings.SKIP_FIRST,
                ExperimentSettings.PICTURE_SIZE);
    }

    @Override
    List<String> description() {
        return List.of(
                "Draws all experiments of a folder in one picture, DIR/plot.png and DIR/plot.svg. The experiments' files are"
                        + " those of attention_sinks' benchmark: EXPERIMENT.csv with the columns input_length, overall_ppl,"
                        + " cuda_vram_allocated and latency, and any others.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  plot --output-dir experiments",
                "  plot --output-dir experiments --features perplexity latency --title \"Llama 2 7B\"");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        Path folder = Path.of(values.require(ExperimentSettings.OUTPUT_DIR));
        Form form = new Form(
                values.find(ExperimentSettings.FEATURES).orElse(List.of(PlotFeature.values())),
                values.find(ExperimentSettings.TITLE).orElse(""),
                values.require(ExperimentSettings.LOG_PERPLEXITY_LIMIT),
                values.require(ExperimentSettings.SKIP_FIRST),
                values.require(ExperimentSettings.PICTURE_SIZE));
        ExperimentPlot plot = ExperimentPlot.of(folder, form);
        Path png = folder.resolve("plot.png");
        Path svg = folder.resolve("plot.svg");
        try {
            Files.write(png, plot.png());
            Files.writeString(svg, plot.svg());
        } catch (IOException e) {
            throw new UserException(ExperimentSettings.OUTPUT_DIR + ": " + folder + " can't be written: " + e, e);
        }
        out.println(String.join(", ", plot.experiments()) + " in " + png + " and " + svg);
    }
}
