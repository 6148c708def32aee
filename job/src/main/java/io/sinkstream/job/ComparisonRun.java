package io.sinkstream.job;

import io.sinkstream.console.RunFailure;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.tables.TableInput;
import io.sinkstream.train.Comparison;
import io.sinkstream.train.EncoderReport;
import io.sinkstream.train.Pretraining;
import io.sinkstream.train.SinkReport;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** A comparison of trainings, and its table. */
final class ComparisonRun {
    private ComparisonRun() {}

    static <R extends Comparison.Report> void run(
            Comparison<R> comparison,
            TableInput input,
            TableInput heldOut,
            BiConsumer<R, PrintWriter> printing,
            PrintWriter out,
            PrintWriter err) {
        comparison.check();
        try (Session session = Session.open("sinkstream train")) {
            Dataset<Row> rows = input.read(session.spark());
            R report;
            try {
                report = comparison.run(
                        rows,
                        heldOut.read(session.spark(), TrainingSettings.VALIDATION_INPUT),
                        stages(session, rows, err));
            } catch (UserException | RunFailure e) {
                throw e;
            } catch (Exception e) {
                throw RunFailure.of(e);
            }
            printing.accept(report, out);
            if (report.skipped() > 0) {
                TrainCommand.printSkipped(out, report.skipped());
            }
            out.println("written to " + comparison.training().output());
        }
    }

    private static Comparison.Stages stages(Session session, Dataset<Row> rows, PrintWriter err) {
        return new Comparison.Stages() {
            @Override
            public void train(String name, Pretraining variant) {
                var unused = TrainCommand.train(
                        variant,
                        rows,
                        session.spark().sparkContext().longAccumulator("sinkstream.skipped"),
                        name + ": ",
                        err);
            }

            @Override
            public void tell(String line) {
                err.println(line);
                err.flush();
            }
        };
    }

    static void print(SinkReport report, PrintWriter out) {
        List<String> titles = new ArrayList<>(List.of("sink"));
        report.scores(report.variants().get(0))
                .forEach(score -> titles.add(">" + score.sinks() + " + " + score.window()));
        titles.addAll(List.of(">to token 0", ">to the sink in the denominator"));
        List<List<String>> lines = new ArrayList<>();
        for (TrainedSink variant : report.variants()) {
            List<String> line = new ArrayList<>(List.of(variant.name().toLowerCase(Locale.ROOT)));
            report.scores(variant).forEach(score -> line.add(TextTable.number(score.perplexity())));
            line.add(TextTable.number(report.first(variant)));
            line.add(TextTable.number(report.virtual(variant)));
            lines.add(line);
        }
        out.printf(
                Locale.ROOT,
                "perplexity of %,d held-out tokens by sinks + window, and shares of attention%n",
                report.perplexities().get(0).tokens());
        TextTable.print(out, titles, lines);
    }

    static void print(EncoderReport report, PrintWriter out) {
        List<String> titles = new ArrayList<>(List.of("seen in training"));
        for (EncoderReport.Reading reading : EncoderReport.Reading.values()) {
            titles.add(">" + EncoderReport.name(reading));
        }
        List<List<String>> lines = new ArrayList<>();
        for (EncoderReport.Variant variant : EncoderReport.Variant.values()) {
            List<String> line = new ArrayList<>(List.of(EncoderReport.name(variant)));
            report.scores(variant).forEach(score -> line.add(TextTable.number(score.perplexity())));
            lines.add(line);
        }
        out.printf(
                Locale.ROOT,
                "pseudo-perplexity of %,d hidden tokens behind the first of each stream, by reading%n",
                report.scores().get(0).tokens());
        TextTable.print(out, titles, lines);
    }
}
