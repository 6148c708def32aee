package io.sinkstream.job;

import io.sinkstream.benchmark.PerplexityExperiments;
import io.sinkstream.benchmark.PerplexityExperiments.Form;
import io.sinkstream.benchmark.PerplexityRow;
import io.sinkstream.console.PerplexityProgress;
import io.sinkstream.console.RunFailure;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code perplexity}: how well a model predicts a text under the rule, and under what it is compared with. */
final class PerplexityCommand extends SettingsCommand {
    /** The optimizing compiler would take cores from passes, for little Java around them. */
    private static final Map<String, String> OF_SPARK =
            Map.of("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1");

    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(List.of(ExperimentSettings.EXPERIMENT, ExperimentSettings.WINDOW_SIZE));
        all.addAll(ExperimentTexts.SETTINGS);
        all.addAll(List.of(
                ExperimentSettings.NUM_TOKENS,
                ExperimentSettings.NUM_SAMPLES,
                ExperimentSettings.BEGIN_ANEW,
                ExperimentSettings.LATENCY,
                ExperimentSettings.RECOMPUTE_EVERY,
                ExperimentSettings.PARALLEL,
                ExperimentSettings.OUTPUT_DIR,
                Settings.OVERWRITE,
                ExperimentSettings.RESUME));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Measures the perplexity of texts token by token, under the rule and under what it is compared with.",
                "",
                "Writes DIR/EXPERIMENT.csv, a row a token, as it goes: input_length, nll (nats), ppl, overall_ppl,"
                        + " cuda_vram_allocated (what the caches hold, GiB), latency (seconds); and DIR/EXPERIMENT/log.txt and"
                        + " ppl.txt as streaming-llm's eval_long_ppl.py does. A file of text is a text; of any other format a row"
                        + " is one, by its column --text or --tokens. Files are written by the driver. plot draws them.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  perplexity --model llama --input book.txt --output-dir book --num-tokens 20000 \\",
                "    --experiment attention_sinks,windowed,transformers",
                "  One token at a time, with the time that each takes:",
                "    perplexity --model llama --input book.txt --output-dir slow --window-size 1024 --latency",
                "  One text on eight executors:",
                "    perplexity --model llama --input book.txt --output-dir book --parallel 8",
                "  Texts of a table, each from an empty cache:",
                "    perplexity --model llama --input texts.parquet --text body --begin-anew --output-dir texts");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        Form form = form(values);
        form.refuseExisting();
        ExperimentTexts texts = new ExperimentTexts(values, form.model());
        try (Session session = Session.open("sinkstream perplexity", OF_SPARK)) {
            form.model().requireDevice(session.spark().sparkContext());
            PerplexityExperiments experiments =
                    new PerplexityExperiments(form, texts.read(session.spark(), form.written()));
            experiments.shortages().forEach(err::println);
            try (PerplexityProgress progress = PerplexityProgress.start(err)) {
                List<PerplexityRow> rows = experiments.run(
                        session.spark().sparkContext(),
                        (experiment, done, all, nll, perSecond) ->
                                progress.measured(PerplexityExperiments.name(experiment), done, all, nll, perSecond));
                progress.end();
                print(out, rows, form);
            } catch (UserException e) {
                throw e;
            } catch (Exception e) {
                throw RunFailure.of(e);
            }
        }
    }

    private static Form form(SettingValues values) {
        List<Experiment> experiments = ExperimentOptions.experiments(values);
        int parallel = values.require(ExperimentSettings.PARALLEL);
        if (parallel > 1 && experiments.contains(Experiment.TRANSFORMERS)) {
            throw new UserException(
                    ExperimentSettings.PARALLEL + ": transformers sees all of a text, so no segment of it can"
                            + " do without all that is before; leave it out of " + ExperimentSettings.EXPERIMENT
                            + ", or measure it without " + ExperimentSettings.PARALLEL);
        }
        int every = values.require(ExperimentSettings.RECOMPUTE_EVERY);
        if (every > 1 && !experiments.contains(Experiment.RECOMPUTATION)) {
            throw new UserException(
                    ExperimentSettings.RECOMPUTE_EVERY + " " + every + " is for recomputation, which is not among "
                            + ExperimentSettings.EXPERIMENT + "; add it, or leave the option out");
        }
        return new Form(
                ExperimentOptions.model(values),
                experiments,
                "",
                Path.of(values.require(ExperimentSettings.OUTPUT_DIR)),
                ExperimentOptions.start(values),
                values.require(ExperimentSettings.LATENCY),
                !values.require(ExperimentSettings.BEGIN_ANEW),
                values.find(ExperimentSettings.NUM_TOKENS).orElse(Integer.MAX_VALUE),
                parallel,
                every);
    }

    private static void print(PrintWriter out, List<PerplexityRow> rows, Form form) {
        List<String> titles = new ArrayList<>(List.of(
                "experiment",
                ">S",
                ">R",
                ">tokens",
                ">NLL",
                ">perplexity",
                ">after " + TextTable.count(form.cache()),
                ">tokens/s"));
        int shared = titles.size() - 1;
        boolean isThinned = form.recomputeEvery() > 1;
        if (isThinned) {
            titles.add(shared, ">each " + TextTable.count(form.recomputeEvery()) + ".");
        }
        TextTable.print(
                out,
                titles,
                rows.stream()
                        .map(row -> {
                            List<String> cells = cells(row);
                            if (isThinned) {
                                cells.add(shared, TextTable.number(row.perplexityShared()));
                            }
                            return cells;
                        })
                        .toList());
    }

    private static List<String> cells(PerplexityRow row) {
        return new ArrayList<>(List.of(
                PerplexityExperiments.name(row.experiment()),
                TextTable.count(row.sinks()),
                row.experiment() == Experiment.TRANSFORMERS ? "all" : TextTable.count(row.window()),
                TextTable.count(row.tokens()),
                String.format(Locale.ROOT, "%.4f", row.nll()),
                TextTable.number(row.perplexity()),
                TextTable.number(row.perplexityBeyond()),
                TextTable.number(row.tokensPerSecond())));
    }
}
