package io.sinkstream.train;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;

/**
 * The trainings of a comparison. Each is one of its own, in a folder of its own: one that is done is not trained again, one that
 * was interrupted goes on.
 *
 * @param training what they have in common
 * @param settings what a comparison that goes on has to have in common with how it was begun
 * @param all by their names, which are those of their folders, in the order they are trained in
 */
record Variants(Pretraining training, Map<String, String> settings, Map<String, Pretraining> all) {
    /** A learned sink aside, the variants are of one number type: one that each would choose for itself becomes float32. */
    static Pretraining inOneType(Pretraining training) {
        return training.plan().dtype().equals("auto")
                ? training.with(training.plan().withDtype("float32"))
                : training;
    }

    /** Where a variant of that name is trained. */
    static String folder(Pretraining training, String name) {
        return training.output().replaceFirst("/+$", "") + "/" + name;
    }

    TrainingFolder folder() {
        return new TrainingFolder(training.output());
    }

    void check() {
        try {
            Optional<Map<String, String>> begun = folder().experiment();
            if (begun.isPresent()) {
                Pretraining.requireSame(settings, begun.get(), training.output());
            } else if (folder().isDone() || folder().settings().isPresent()) {
                throw new UserException(Settings.OUTPUT + ": " + training.output()
                        + " has a model or a training that is no experiment; remove it, or write somewhere else");
            }
            for (Pretraining variant : all.values()) {
                // What was trained before the experiment began need not be of the same settings.
                if (begun.isEmpty() || !variant.isDone()) {
                    variant.check();
                }
            }
        } catch (IOException e) {
            throw folder().unusable(e);
        }
    }

    /** What is found of variants that are trained. */
    interface Findings<R> {
        /** What is found, and {@code skipped}: how many rows could not be used while they were trained. */
        R report(long skipped) throws IOException;
    }

    /** Checks them, trains those that are not trained yet, and has them measured. */
    <R> R compare(Dataset<Row> rows, Dataset<Row> heldOut, Comparison.Stages stages, Findings<R> findings) {
        check();
        try {
            LongAccumulator skipped = skipped(rows);
            train(rows, heldOut, stages, skipped);
            return findings.report(skipped.value());
        } catch (IOException e) {
            throw folder().unusable(e);
        }
    }

    /** Trains those that are not trained yet, after {@link #check}. */
    private void train(Dataset<Row> rows, Dataset<Row> heldOut, Comparison.Stages stages, LongAccumulator skipped)
            throws IOException {
        prepare(rows, heldOut, skipped);
        if (folder().experiment().isEmpty()) {
            folder().beginExperiment(settings);
        }
        for (Map.Entry<String, Pretraining> variant : all.entrySet()) {
            if (!variant.getValue().isDone()) {
                stages.train(variant.getKey(), variant.getValue());
            }
        }
    }

    /** What would otherwise be found out after hours of training. Leaves nothing of an experiment that can't begin. */
    private void prepare(Dataset<Row> rows, Dataset<Row> heldOut, LongAccumulator skipped) throws IOException {
        Pretraining first = all.values().iterator().next();
        TrainingFolder folder = new TrainingFolder(first.output());
        boolean isNew = !folder.isDone() && folder.settings().isEmpty();
        try {
            if (!folder.isDone()) {
                first.prepare(rows, skipped);
            }
            requireLong(streams(heldOut, first, skipped));
        } catch (UserException e) {
            if (isNew) {
                folder.abandon();
                folder().abandon();
            }
            throw e;
        }
    }

    private void requireLong(List<int[]> streams) {
        int context = training.shape().context();
        int longest = streams.stream().mapToInt(ids -> ids.length).max().orElse(0);
        if (longest <= 2 * context) {
            throw new UserException(TrainingSettings.VALIDATION_INPUT + ": its longest stream has " + longest
                    + " tokens; give one of more than " + 2 * context + ", twice " + TrainingSettings.CONTEXT);
        }
    }

    static LongAccumulator skipped(Dataset<Row> rows) {
        return rows.sparkSession().sparkContext().longAccumulator("sinkstream.skipped");
    }

    /** The held-out streams in a variant's ids. */
    List<int[]> streams(Dataset<Row> heldOut, Pretraining variant, LongAccumulator skipped) throws IOException {
        return HeldOut.streams(
                heldOut,
                training.text(),
                variant.tokenizerJson(),
                training.vocabulary(),
                heldOut.sparkSession().sparkContext().defaultParallelism(),
                skipped);
    }

    /** What a measurement says of a variant's model, whose config and weights are on this machine meanwhile. */
    static <T> T measured(Pretraining variant, Function<Path, T> measurement) throws IOException {
        Path copy = Files.createTempDirectory("sinkstream");
        try {
            TrainingFolder model = new TrainingFolder(variant.output());
            model.copyModelFile(Pretraining.CONFIG_FILE, copy);
            model.copyModelFile(Pretraining.WEIGHTS_FILE, copy);
            return measurement.apply(copy);
        } finally {
            FileUtil.fullyDelete(copy.toFile());
        }
    }
}
