package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.AttentionStudy;
import io.sinkstream.benchmark.PerplexityExperiments;
import io.sinkstream.benchmark.PerplexityExperiments.Form;
import io.sinkstream.benchmark.PerplexityExperiments.Start;
import io.sinkstream.benchmark.PerplexityRow;
import io.sinkstream.benchmark.SinkNeed;
import io.sinkstream.benchmark.StudyFiles;
import io.sinkstream.console.PerplexityProgress;
import io.sinkstream.console.RunFailure;
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
import org.apache.spark.SparkContext;

/** {@code sinks}: how many sinks a model needs, and which of its heads they are for. */
final class SinksCommand extends SettingsCommand {
    /** Of an excerpt, as in arXiv 2410.10781. */
    private static final int TOKENS = 64;

    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.remove(Settings.SINKS);
        all.add(ExperimentSettings.WINDOW_SIZE);
        all.addAll(ExperimentTexts.SETTINGS);
        all.addAll(List.of(
                ExperimentSettings.NUM_SAMPLES,
                ExperimentSettings.NUM_TOKENS,
                ExperimentSettings.EXCERPTS,
                ExperimentSettings.EXCERPT_TOKENS,
                ExperimentSettings.OUTPUT_DIR,
                Settings.OVERWRITE,
                ExperimentSettings.RESUME,
                ExperimentSettings.TITLE,
                ExperimentSettings.PICTURE_SIZE));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Tells how much a model needs sinks: its perplexity with 0, 1, 2, 4 and 8 of them in a cache of one size, how"
                        + " much attention the first tokens get in each layer and head, which heads are sinks (more than 0.3 of"
                        + " their attention goes to the first token, arXiv 2410.10781), and the fewest sinks to take: those whose"
                        + " perplexity, after the cache has filled, is at most 1 % above the least.",
                "",
                "Writes DIR/S+R.csv for each, as perplexity does, for plot to draw; DIR/sinks.csv; DIR/sink_attention.csv, a row"
                        + " a head; and the attention to the first token as DIR/sinks.png and .svg.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  sinks --model llama --input book.txt --window-size 1024 --num-tokens 20000 --output-dir sinks");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        ModelSource given = ExperimentOptions.model(values);
        int tokens = values.find(ExperimentSettings.EXCERPT_TOKENS).orElse(TOKENS);
        ModelSource looking = AttentionStudy.model(given, tokens);
        looking.describe();
        ExperimentTexts input = new ExperimentTexts(values, given);
        Path folder = Path.of(values.require(ExperimentSettings.OUTPUT_DIR));
        StudyFiles files = new StudyFiles(
                folder,
                values.find(ExperimentSettings.TITLE).orElse("Attention to the first token"),
                values.require(ExperimentSettings.PICTURE_SIZE));
        Start start = ExperimentOptions.start(values);
        List<Form> forms = forms(values, given, folder, start);
        if (start == Start.NEW) {
            files.refuseExisting(StudyFiles.SINKS);
            forms.forEach(Form::refuseExisting);
        }
        List<Path> written = new ArrayList<>(files.paths(StudyFiles.SINKS));
        forms.forEach(form -> written.addAll(form.written()));
        try (Session session = Session.open("sinkstream sinks")) {
            SparkContext spark = session.spark().sparkContext();
            given.requireDevice(spark);
            List<int[]> texts = input.read(session.spark(), written);
            requireFull(forms.get(0), texts);
            List<int[]> excerpts = input.excerpts(texts, tokens);
            List<PerplexityRow> rows = perplexities(spark, forms, texts, err);
            SinkNeed need = new SinkNeed(rows, AttentionStudy.run(spark, looking, excerpts));
            files.write(need);
            SinkTables.print(out, need);
        } catch (UserException e) {
            throw e;
        } catch (Exception e) {
            throw RunFailure.of(e);
        }
    }

    /** Without a token that leaves the cache no sink is missed. */
    private static void requireFull(Form form, List<int[]> texts) {
        long all = texts.stream().mapToLong(text -> text.length - 1).sum();
        long count = Math.min(all, form.most());
        if (count <= form.cache()) {
            throw new UserException(ExperimentSettings.NUM_TOKENS + ": " + count + " tokens do not fill a cache of "
                    + form.cache() + ", so that no sink is missed; give more, or a smaller "
                    + ExperimentSettings.WINDOW_SIZE);
        }
    }

    private static List<PerplexityRow> perplexities(
            SparkContext spark, List<Form> forms, List<int[]> texts, PrintWriter err) throws Exception {
        List<PerplexityExperiments> experiments = forms.stream()
                .map(form -> new PerplexityExperiments(form, texts))
                .toList();
        List<PerplexityRow> rows = new ArrayList<>();
        try (PerplexityProgress progress = PerplexityProgress.start(err)) {
            for (int i = 0; i < forms.size(); i++) {
                String label = forms.get(i).label();
                rows.addAll(experiments
                        .get(i)
                        .run(
                                spark,
                                (experiment, done, all, nll, perSecond) ->
                                        progress.measured(label, done, all, nll, perSecond)));
            }
            progress.end();
        }
        return rows;
    }

    private static List<Form> forms(SettingValues values, ModelSource given, Path folder, Start start) {
        int cache = given.options().sinks() + given.options().window();
        int most = SinkNeed.SINKS.get(SinkNeed.SINKS.size() - 1);
        if (cache <= most) {
            throw new UserException(ExperimentSettings.WINDOW_SIZE + ": " + cache + " leaves no window beside " + most
                    + " sinks; allowed is more than that");
        }
        return SinkNeed.SINKS.stream()
                .map(sinks -> new Form(
                        new ModelSource(given.name(), given.options().withAttention(sinks, cache - sinks)),
                        List.of(Experiment.ATTENTION_SINKS),
                        sinks + "+" + (cache - sinks),
                        folder,
                        start,
                        false,
                        true,
                        values.find(ExperimentSettings.NUM_TOKENS).orElse(Integer.MAX_VALUE),
                        1,
                        1))
                .toList();
    }
}
