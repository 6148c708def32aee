package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.AttentionStudy;
import io.sinkstream.benchmark.StudyFiles;
import io.sinkstream.console.RunFailure;
import io.sinkstream.decoder.AttentionSums;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** {@code attention-map}: what the heads of a model look at, as the paper's Figure 2. */
final class AttentionMapCommand extends SettingsCommand {
    /** The paper's sentences have so many tokens. */
    private static final int TOKENS = 16;

    /** So many layers are drawn if none are named. */
    private static final int DRAWN = 8;

    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all =
                new ArrayList<>(List.of(Settings.MODEL, Settings.DTYPE, Settings.DEVICE, Settings.WEIGHT_MEMORY));
        all.addAll(ExperimentTexts.SETTINGS);
        all.addAll(List.of(
                ExperimentSettings.NUM_SAMPLES,
                ExperimentSettings.EXCERPTS,
                ExperimentSettings.EXCERPT_TOKENS,
                ExperimentSettings.DRAW_LAYERS,
                ExperimentSettings.DRAW_HEADS,
                ExperimentSettings.OUTPUT_DIR,
                Settings.OVERWRITE,
                ExperimentSettings.TITLE,
                ExperimentSettings.PICTURE_SIZE));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Draws the average attention logits of a model's heads over many short excerpts of texts, as Figure 2 of the"
                        + " StreamingLLM paper does: a row a query, a column a key. A first column in red is a sink.",
                "",
                "Writes DIR/attention.png and .svg, and DIR/attention.csv with the average logit and weight of every layer,"
                        + " head, query and key, all from 0.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  attention-map --model llama --input book.txt --output-dir maps",
                "  attention-map --model llama --input book.txt --output-dir maps --draw-layers 0,1,2,9 --draw-heads 0,3");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        int tokens = values.find(ExperimentSettings.EXCERPT_TOKENS).orElse(TOKENS);
        ModelSource model = AttentionStudy.model(ModelSource.from(values), tokens);
        ExperimentTexts input = new ExperimentTexts(values, model);
        Path folder = Path.of(values.require(ExperimentSettings.OUTPUT_DIR));
        StudyFiles files = new StudyFiles(
                folder,
                values.find(ExperimentSettings.TITLE).orElse(""),
                values.require(ExperimentSettings.PICTURE_SIZE));
        if (!values.require(Settings.OVERWRITE)) {
            files.refuseExisting(StudyFiles.ATTENTION);
        }
        int count = model.describe().layers();
        List<Integer> layers = values.find(ExperimentSettings.DRAW_LAYERS).orElse(spread(count));
        requireBelow(ExperimentSettings.DRAW_LAYERS, layers, count, "layers");
        try (Session session = Session.open("sinkstream attention-map")) {
            model.requireDevice(session.spark().sparkContext());
            List<int[]> texts = input.read(session.spark(), files.paths(StudyFiles.ATTENTION));
            List<int[]> excerpts = input.excerpts(texts, tokens);
            AttentionSums attention = AttentionStudy.run(session.spark().sparkContext(), model, excerpts);
            List<Integer> heads = values.require(ExperimentSettings.DRAW_HEADS);
            requireBelow(ExperimentSettings.DRAW_HEADS, heads, attention.heads(), "heads");
            files.write(attention, layers, heads);
            out.println(attention.texts() + " excerpts of " + tokens + " tokens, " + attention.layers() + " layers of "
                    + attention.heads() + " heads, in " + folder.resolve("attention.csv") + "; layers " + layers
                    + ", heads " + heads + " in " + folder.resolve("attention.png") + " and "
                    + folder.resolve("attention.svg"));
        } catch (UserException e) {
            throw e;
        } catch (Exception e) {
            throw RunFailure.of(e);
        }
    }

    private static List<Integer> spread(int layers) {
        int drawn = Math.min(DRAWN, layers);
        return IntStream.range(0, drawn)
                .map(i -> drawn == 1 ? 0 : i * (layers - 1) / (drawn - 1))
                .boxed()
                .toList();
    }

    private static void requireBelow(Setting<?> setting, List<Integer> given, int count, String what) {
        given.stream().filter(one -> one >= count).findFirst().ifPresent(one -> {
            throw new UserException(setting + ": there is no " + one + "; the model has " + count + " " + what
                    + ", from 0 to " + (count - 1));
        });
    }
}
