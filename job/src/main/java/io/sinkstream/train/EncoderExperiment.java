package io.sinkstream.train;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.train.EncoderReport.Reading;
import io.sinkstream.train.EncoderReport.Variant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Whether a window and sinks are of use where attention looks both ways: encoders that differ in what a token saw of a sample
 * alone, each read in several ways over text far longer than that.
 *
 * @param training what the variants have in common; its span has S and R
 */
public record EncoderExperiment(Pretraining training) implements Comparison<EncoderReport> {
    /** Checks that there is a window to look at. A number type that each variant would choose for itself becomes float32. */
    public EncoderExperiment {
        AttentionSpan span = training.shape().span();
        int context = training.shape().context();
        if (2 * span.window() >= context) {
            throw new UserException(Settings.WINDOW + ": " + span.window() + " to each side is all of a sample of "
                    + TrainingSettings.CONTEXT + " " + context + "; compare with less than half of it");
        }
        if (span.sinks() == 0) {
            throw new UserException(Settings.SINKS + ": 0 leaves nothing to compare a window with; give 1 or more");
        }
        training = Variants.inOneType(training);
    }

    @Override
    public void check() {
        variants().check();
    }

    private Variants variants() {
        AttentionSpan span = training.shape().span();
        Map<String, Pretraining> all = new LinkedHashMap<>();
        for (Variant variant : Variant.values()) {
            AttentionSpan own =
                    switch (variant) {
                        case DENSE -> AttentionSpan.window(training.shape().context());
                        case WINDOW -> AttentionSpan.window(span.window());
                        case GLOBAL -> span;
                    };
            String name = EncoderReport.name(variant);
            all.put(
                    name,
                    training.with(
                            training.shape().withSpan(own), training.vocabulary(), Variants.folder(training, name)));
        }
        return new Variants(training, training.settings(), all);
    }

    /** Writes {@code encoders.csv} and a picture of it. */
    @Override
    public EncoderReport run(Dataset<Row> rows, Dataset<Row> heldOut, Stages stages) {
        Variants variants = variants();
        return variants.compare(rows, heldOut, stages, skipped -> {
            List<EncoderReport.Score> scores = new ArrayList<>();
            for (Variant variant : Variant.values()) {
                Pretraining trained = variants.all().get(EncoderReport.name(variant));
                List<int[]> streams = variants.streams(heldOut, trained, Variants.skipped(rows));
                scores.addAll(Variants.measured(trained, model -> {
                    AttentionSpan span = training.shape().span();
                    return scores(
                            variant,
                            new EncoderMeasurement(model, trained, span.sinks(), span.window(), streams),
                            stages);
                }));
            }
            EncoderReport report = new EncoderReport(scores, skipped);
            variants.folder().writeModelFile("encoders.csv", report.csv().getBytes(StandardCharsets.UTF_8));
            variants.folder().writeModelFile("encoders.png", SinkPlots.encoders(report));
            return report;
        });
    }

    private static List<EncoderReport.Score> scores(Variant variant, EncoderMeasurement measurement, Stages stages) {
        List<EncoderReport.Score> scores = new ArrayList<>();
        for (Reading reading : Reading.values()) {
            EncoderMeasurement.Found found = measurement.read(reading);
            AttentionSpan span = measurement.span(reading);
            scores.add(new EncoderReport.Score(
                    variant, reading, span.sinks(), span.window(), Math.exp(found.nll()), found.tokens()));
            stages.tell(String.format(
                    Locale.ROOT,
                    "%s read by %s: perplexity %.4f of %,d hidden tokens",
                    EncoderReport.name(variant),
                    EncoderReport.name(reading),
                    Math.exp(found.nll()),
                    found.tokens()));
        }
        return scores;
    }
}
