package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.benchmark.Excerpts;
import io.sinkstream.benchmark.SampleTexts;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.tables.DistinctPaths;
import io.sinkstream.tables.TableInput;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/** Texts that a model is measured on: a file of text is one, of any other format a row is one. */
final class ExperimentTexts {
    static final List<Setting<?>> SETTINGS = List.of(
            Settings.INPUT,
            Settings.FORMAT,
            Settings.SCHEMA,
            Settings.OPTION,
            Settings.ORDER,
            Settings.TEXT,
            Settings.TOKENS);

    private final SettingValues values;
    private final TableInput input;
    private final StreamColumns columns;
    private final ModelSource model;
    private final int vocabulary;

    /** Checks the settings and the model. */
    ExperimentTexts(SettingValues values, ModelSource model) {
        this.values = values;
        this.model = model;
        TableInput given = TableInput.from(values);
        // A file is one text, and not as many as it has lines.
        this.input = given.format().equals("text") ? given.withOption("wholetext", "true") : given;
        this.columns = TableInput.columns(input.format(), StreamColumns.from(values));
        this.vocabulary = model.describe().vocabularySize();
    }

    /**
     * The texts' token ids.
     *
     * @param written what the run will write, which must be none of the input
     */
    List<int[]> read(SparkSession spark, List<Path> written) {
        if (input.isFiles()) {
            new DistinctPaths(spark.sparkContext().hadoopConfiguration())
                    .with(Settings.INPUT, input.paths())
                    .with(
                            ExperimentSettings.OUTPUT_DIR,
                            written.stream()
                                    .map(file -> file.toUri().toString())
                                    .toList());
        }
        return SampleTexts.read(
                input.read(spark),
                columns,
                values.find(ExperimentSettings.NUM_SAMPLES).orElse(Integer.MAX_VALUE),
                checkpoint(),
                vocabulary);
    }

    /** Pieces of them. */
    List<int[]> excerpts(List<int[]> texts, int tokens) {
        return Excerpts.of(texts, tokens, values.require(ExperimentSettings.EXCERPTS), prefix());
    }

    private int[] prefix() {
        if (columns.tokens() != null) {
            return new int[0];
        }
        try (TextTokenizer tokenizer = checkpoint().tokenizer().orElseThrow()) {
            return tokenizer.prefix();
        }
    }

    private Checkpoint checkpoint() {
        return Checkpoint.open(model.options().model());
    }
}
