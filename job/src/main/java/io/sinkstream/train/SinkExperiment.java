package io.sinkstream.train;

import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Table 3 of StreamingLLM (Xiao et al. 2023, arXiv 2309.17453, section 3.3) for any text and size: models that differ in their
 * sink alone, each run under the streaming rule with as many tokens as its context has, of which 0, 1, 2 or 4 are sinks.
 *
 * <p>All variants have the same words: a learned sink is one more token, and first of all, so that the words' embeddings begin
 * with other draws there. A difference means something where it is larger than that between two seeds.
 *
 * @param training what the variants have in common; its sink does not count
 */
public record SinkExperiment(Pretraining training) implements Comparison<SinkReport> {
    /** As in the paper's tables. */
    private static final List<Integer> SINKS = List.of(0, 1, 2, 4);

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
        training = Variants.inOneType(training);
    }

    @Override
    public void check() {
        variants().check();
    }

    private Variants variants() {
        Map<String, String> settings = training.settings();
        settings.remove(TrainingSettings.SINK.name());
        Map<String, Pretraining> all = new LinkedHashMap<>();
        for (TrainedSink sink : TrainedSink.values()) {
            all.put(SinkReport.name(sink), variant(sink));
        }
        return new Variants(training, settings, all);
    }

    private Pretraining variant(TrainedSink sink) {
        boolean isOneMore =
                sink == TrainedSink.LEARNABLE && training.text().columns().tokens() == null;
        return training.with(
                training.shape().withSink(sink),
                training.vocabulary() + (isOneMore ? 1 : 0),
                Variants.folder(training, SinkReport.name(sink)));
    }

    /** Writes {@code sinks.csv}, {@code attention.csv} and a picture of each. */
    @Override
    public SinkReport run(Dataset<Row> rows, Dataset<Row> heldOut, Stages stages) {
        Variants variants = variants();
        return variants.compare(rows, heldOut, stages, skipped -> {
            List<SinkReport.Score> perplexities = new ArrayList<>();
            List<SinkReport.Attention> attention = new ArrayList<>();
            for (Pretraining variant : variants.all().values()) {
                List<int[]> streams = variants.streams(heldOut, variant, Variants.skipped(rows));
                attention.addAll(
                        Variants.measured(variant, model -> measured(model, variant, streams, perplexities, stages)));
            }
            SinkReport report = new SinkReport(perplexities, attention, skipped);
            write(variants.folder(), report);
            return report;
        });
    }

    private static List<SinkReport.Attention> measured(
            Path model, Pretraining variant, List<int[]> streams, List<SinkReport.Score> perplexities, Stages stages) {
        SinkMeasurement measurement = new SinkMeasurement(model, variant.shape(), variant.plan(), streams);
        for (int sinks : SINKS) {
            SinkReport.Score score = measurement.score(sinks);
            perplexities.add(score);
            stages.tell(String.format(
                    Locale.ROOT,
                    "%s with %d + %d: perplexity %.4f of %,d tokens",
                    SinkReport.name(score.variant()),
                    score.sinks(),
                    score.window(),
                    score.perplexity(),
                    score.tokens()));
        }
        return measurement.attention();
    }

    private static void write(TrainingFolder folder, SinkReport report) throws IOException {
        folder.writeModelFile("sinks.csv", report.scoresCsv().getBytes(StandardCharsets.UTF_8));
        folder.writeModelFile("attention.csv", report.attentionCsv().getBytes(StandardCharsets.UTF_8));
        folder.writeModelFile("sinks.png", SinkPlots.perplexity(report));
        folder.writeModelFile("attention.png", SinkPlots.attention(report));
    }
}
