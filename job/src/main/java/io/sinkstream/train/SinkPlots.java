package io.sinkstream.train;

import io.sinkstream.settings.TrainedSink;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.Styler;

/** What comparisons found, as pictures. */
final class SinkPlots {
    /** Perplexities so far apart are told better by a logarithmic axis. */
    private static final double FAR = 10;

    private SinkPlots() {}

    /** Perplexity by budget, a line for each variant. A PNG. */
    static byte[] perplexity(SinkReport report) throws IOException {
        CategoryChart chart =
                chart("Perplexity under the streaming rule", "sinks + window, tokens", "perplexity of held-out text");
        chart.getStyler().setOverlapped(true).setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line);
        double[] all = report.perplexities().stream()
                .mapToDouble(SinkReport.Score::perplexity)
                .sorted()
                .toArray();
        chart.getStyler().setYAxisLogarithmic(all[all.length - 1] > FAR * all[0]);
        report.variants().forEach(variant -> {
            List<SinkReport.Score> scores = report.scores(variant);
            chart.addSeries(
                            SinkReport.name(variant),
                            scores.stream()
                                    .map(score -> score.sinks() + " + " + score.window())
                                    .toList(),
                            scores.stream().map(SinkReport.Score::perplexity).toList())
                    .setMarkerColor(color(variant))
                    .setLineColor(color(variant));
        });
        return png(chart);
    }

    /** The share of attention that token 0 or the sink in the denominator gets, bars by layer. A PNG. */
    static byte[] attention(SinkReport report) throws IOException {
        CategoryChart chart = chart("Attention to token 0, and to a sink in the denominator", "layer", "share");
        chart.getStyler().setYAxisMin(0.0).setYAxisDecimalPattern("0.###");
        report.variants().forEach(variant -> {
            List<SinkReport.Attention> layers = report.layers(variant);
            List<Integer> numbers =
                    layers.stream().map(SinkReport.Attention::layer).toList();
            String name = SinkReport.name(variant);
            chart.addSeries(
                            name,
                            numbers,
                            layers.stream().map(SinkReport.Attention::first).toList())
                    .setFillColor(color(variant));
            if (!Double.isNaN(report.virtual(variant))) {
                chart.addSeries(
                                name + ", its sink",
                                numbers,
                                layers.stream()
                                        .map(SinkReport.Attention::virtual)
                                        .toList())
                        .setFillColor(color(variant).brighter());
            }
        });
        return png(chart);
    }

    /** Pseudo-perplexity by reading, a group of bars for each variant. A PNG. */
    static byte[] encoders(EncoderReport report) throws IOException {
        CategoryChart chart = chart(
                "Hidden tokens of text longer than a sample", "what a token saw in training", "pseudo-perplexity");
        chart.getStyler().setYAxisMin(1.0);
        for (EncoderReport.Reading reading : EncoderReport.Reading.values()) {
            List<EncoderReport.Score> scores = report.scores().stream()
                    .filter(score -> score.reading() == reading)
                    .toList();
            chart.addSeries(
                            "read by " + EncoderReport.name(reading),
                            scores.stream()
                                    .map(score -> EncoderReport.name(score.variant()))
                                    .toList(),
                            scores.stream().map(EncoderReport.Score::perplexity).toList())
                    .setFillColor(color(reading));
        }
        return png(chart);
    }

    private static Color color(TrainedSink variant) {
        return switch (variant) {
            case NONE -> new Color(0x7F8C8D);
            case ZERO -> new Color(0x2E86C1);
            case LEARNABLE -> new Color(0xC0392B);
            case HEAD -> new Color(0xD68910);
        };
    }

    private static Color color(EncoderReport.Reading reading) {
        return switch (reading) {
            case BLOCKS -> new Color(0x7F8C8D);
            case WINDOW -> new Color(0x2E86C1);
            case SINKS -> new Color(0xC0392B);
            case GLOBAL -> new Color(0xD68910);
        };
    }

    private static CategoryChart chart(String title, String x, String y) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(900)
                .height(500)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .theme(Styler.ChartTheme.Matlab)
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        return chart;
    }

    private static byte[] png(CategoryChart chart) throws IOException {
        ByteArrayOutputStream picture = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(chart, picture, BitmapFormat.PNG);
        return picture.toByteArray();
    }
}
