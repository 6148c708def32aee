package io.sinkstream.train;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;

/**
 * Table 3 of StreamingLLM (Xiao et al. 2023, arXiv 2309.17453, section 3.3) for any text and size: models that differ in their
 * sink alone, each run under the streaming rule with as many tokens as its context has, of which 0, 1, 2 or 4 are sinks.
 *
 * <p>Each variant is a training of its own, in a folder of its own: one that is done is not trained again, one that was
 * interrupted goes on. All have the same words: a learned sink is one more token, and first of all, so that the words' embeddings
 * begin with other draws there. A difference means something where it is larger than that between two seeds. What is measured is
 * measured on the driver, in fp32.
 *
 * @param training what the variants have in common; its sink does not count
 */
public record SinkExperiment(Pretraining training) {
    /** As in the paper's tables. */
    private static final List<Integer> SINKS = List.of(0, 1, 2, 4);

    /** Runs the trainings and hears how the experiment goes on. */
    public interface Stages {
        /**
         * Trains one variant.
         *
         * @param name of the variant, as it is given
         */
        void train(String name, Pretraining variant);

        /** A line of what is done. */
        void tell(String line);
    }

    /**
     * Checks that no tokenizer is given: one puts a token in front of a text or not, and variants need both. A number type that
     * each variant would choose for itself becomes float32.
     */
    public SinkExperiment {
        if (training.tokenizer() != null) {
            throw new UserException(TrainingSettings.TOKENIZER + ": " + TrainingSettings.COMPARE
                    + " sinks trains tokenizers of the same words with and without a sink in front; leave "
                    + training.tokenizer() + " out");
        }
        if (training.plan().dtype().equals("auto")) {
            training = training.with(training.plan().withDtype("float32"));
        }
    }

    /**
     * Throws UserException if the output can't take this experiment: another one is there, or something else. Needs no session.
     */
    public void check() {
        TrainingFolder folder = new TrainingFolder(training.output());
        try {
            Optional<Map<String, String>> begun = folder.experiment();
            if (begun.isPresent()) {
                Pretraining.requireSame(settings(), begun.get(), training.output());
            } else if (folder.isDone() || folder.settings().isPresent()) {
                throw new UserException(Settings.OUTPUT + ": " + training.output()
                        + " has a model or a training that is no experiment; remove it, or write somewhere else");
            }
            for (TrainedSink sink : TrainedSink.values()) {
                Pretraining variant = variant(sink);
                // What was trained before the experiment began need not be of the same settings.
                if (begun.isEmpty() || !variant.isDone()) {
                    variant.check();
                }
            }
        } catch (IOException e) {
            throw folder.unusable(e);
        }
    }

    private Map<String, String> settings() {
        Map<String, String> settings = training.settings();
        settings.remove(TrainingSettings.SINK.name());
        return settings;
    }

    private Pretraining variant(TrainedSink sink) {
        boolean isOneMore =
                sink == TrainedSink.LEARNABLE && training.text().columns().tokens() == null;
        return training.with(
                sink,
                training.vocabulary() + (isOneMore ? 1 : 0),
                training.output().replaceFirst("/+$", "") + "/" + SinkReport.name(sink));
    }

    /**
     * Trains what is not trained yet, measures all, and writes {@code sinks.csv}, {@code attention.csv} and a picture of each
     * beside the variants.
     *
     * @param rows the text; not read again by variants that go on
     * @param heldOut another one, of the same columns
     * @throws UserException for what can be mended
     */
    public SinkReport run(Dataset<Row> rows, Dataset<Row> heldOut, Stages stages) {
        check();
        TrainingFolder folder = new TrainingFolder(training.output());
        try {
            LongAccumulator skipped = skipped(rows);
            prepare(rows, heldOut, skipped);
            if (folder.experiment().isEmpty()) {
                folder.beginExperiment(settings());
            }
            List<SinkReport.Score> perplexities = new ArrayList<>();
            List<SinkReport.Attention> attention = new ArrayList<>();
            for (TrainedSink sink : TrainedSink.values()) {
                Pretraining variant = variant(sink);
                if (!variant.isDone()) {
                    stages.train(SinkReport.name(sink), variant);
                }
            }
            for (TrainedSink sink : TrainedSink.values()) {
                Pretraining variant = variant(sink);
                Path copy = Files.createTempDirectory("sinkstream");
                try {
                    TrainingFolder model = new TrainingFolder(variant.output());
                    model.copyModelFile(Pretraining.CONFIG_FILE, copy);
                    model.copyModelFile(Pretraining.WEIGHTS_FILE, copy);
                    SinkMeasurement measurement = new SinkMeasurement(
                            copy, variant.shape(), variant.plan(), streams(heldOut, variant, skipped(rows)));
                    for (int sinks : SINKS) {
                        SinkReport.Score score = measurement.score(sinks);
                        perplexities.add(score);
                        stages.tell(String.format(
                                Locale.ROOT,
                                "%s with %d + %d: perplexity %.4f of %,d tokens",
                                SinkReport.name(sink),
                                score.sinks(),
                                score.window(),
                                score.perplexity(),
                                score.tokens()));
                    }
                    attention.addAll(measurement.attention());
                } finally {
                    FileUtil.fullyDelete(copy.toFile());
                }
            }
            SinkReport report = new SinkReport(perplexities, attention, skipped.value());
            write(folder, report);
            return report;
        } catch (IOException e) {
            throw folder.unusable(e);
        }
    }

    /** What would otherwise be found out after hours of training. Leaves nothing of an experiment that can't begin. */
    private void prepare(Dataset<Row> rows, Dataset<Row> heldOut, LongAccumulator skipped) throws IOException {
        Pretraining first = variant(TrainedSink.NONE);
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
                new TrainingFolder(training.output()).abandon();
            }
            throw e;
        }
    }

    private static LongAccumulator skipped(Dataset<Row> rows) {
        return rows.sparkSession().sparkContext().longAccumulator("sinkstream.skipped");
    }

    private List<int[]> streams(Dataset<Row> heldOut, Pretraining variant, LongAccumulator skipped) throws IOException {
        return HeldOut.streams(
                heldOut,
                training.text(),
                variant.tokenizerJson(),
                training.vocabulary(),
                heldOut.sparkSession().sparkContext().defaultParallelism(),
                skipped);
    }

    private void requireLong(List<int[]> streams) {
        int context = training.shape().context();
        int longest = streams.stream().mapToInt(ids -> ids.length).max().orElse(0);
        if (longest <= 2 * context) {
            throw new UserException(TrainingSettings.VALIDATION_INPUT + ": its longest stream has " + longest
                    + " tokens; give one of more than " + 2 * context + ", twice " + TrainingSettings.CONTEXT);
        }
    }

    private static void write(TrainingFolder folder, SinkReport report) throws IOException {
        folder.writeModelFile("sinks.csv", report.scoresCsv().getBytes(StandardCharsets.UTF_8));
        folder.writeModelFile("attention.csv", report.attentionCsv().getBytes(StandardCharsets.UTF_8));
        folder.writeModelFile("sinks.png", SinkPlots.perplexity(report));
        folder.writeModelFile("attention.png", SinkPlots.attention(report));
    }
}
