package io.sinkstream.benchmark;

import io.sinkstream.settings.PictureSize;
import io.sinkstream.settings.PlotFeature;
import io.sinkstream.settings.UserException;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * All experiments of a folder in one picture: a panel for each feature, one under the other over the same axis, and a legend
 * below them.
 */
public final class ExperimentPlot {
    /** Told apart by people who see fewer colours, too (Okabe and Ito). */
    private static final List<Color> COLORS = List.of(
            new Color(0x0072B2),
            new Color(0xD55E00),
            new Color(0x009E73),
            new Color(0xCC79A7),
            new Color(0xE69F00),
            new Color(0x56B4E9),
            new Color(0x000000));

    private static final Color GRID = new Color(0xE3E3E3);

    /** A curve has as many points as it is wide, about. */
    private static final int PIXELS_A_POINT = 2;

    private final List<MeasuredExperiment> experiments;
    private final Form form;

    /**
     * How it is drawn.
     *
     * @param features from the top
     * @param title stands over it; may be empty
     * @param logPerplexityLimit the highest logarithm of a perplexity that is drawn
     * @param skipFirst how many tokens of the beginning are left out
     */
    public record Form(
            List<PlotFeature> features, String title, double logPerplexityLimit, int skipFirst, PictureSize size) {}

    private ExperimentPlot(List<MeasuredExperiment> experiments, Form form) {
        this.experiments = experiments;
        this.form = form;
    }

    /** Reads each {@code EXPERIMENT.csv} of a folder. What is missing or no number in one is a {@link UserException}. */
    public static ExperimentPlot of(Path folder, Form form) {
        List<MeasuredExperiment> experiments = MeasuredExperiment.readAll(folder);
        if (experiments.size() > COLORS.size()) {
            throw new UserException(folder + " holds " + experiments.size() + " experiments; at most " + COLORS.size()
                    + " can be told apart in a picture");
        }
        for (MeasuredExperiment experiment : experiments) {
            double[] lengths = experiment.lengths();
            if (lengths[lengths.length - 1] <= form.skipFirst()) {
                throw new UserException("--skip-first: " + experiment.name() + " has "
                        + Math.round(lengths[lengths.length - 1]) + " tokens, so that nothing is left of it to draw");
            }
        }
        return new ExperimentPlot(experiments, form);
    }

    /** The names of what is drawn. */
    public List<String> experiments() {
        return experiments.stream().map(MeasuredExperiment::name).toList();
    }

    /** A PNG. */
    public byte[] png() throws IOException {
        return Picture.png(form.size(), this::paint);
    }

    /** An SVG. */
    public String svg() throws IOException {
        return Picture.svg(form.size(), this::paint);
    }

    private void paint(Graphics2D graphics) {
        int width = form.size().width();
        int height = form.size().height();
        int letters = Math.max(10, Math.min(20, height / 45));
        int top = form.title().isEmpty() ? 0 : 2 * letters;
        int bottom = 2 * letters;
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, letters);
        if (top > 0) {
            graphics.setColor(Color.BLACK);
            graphics.setFont(font.deriveFont(Font.BOLD, letters * 1.2f));
            int space = width - graphics.getFontMetrics().stringWidth(form.title());
            graphics.drawString(form.title(), space / 2, top - letters / 2);
        }
        AffineTransform page = graphics.getTransform();
        int y = top;
        for (int i = 0; i < form.features().size(); i++) {
            int next = top + (height - top - bottom) * (i + 1) / form.features().size();
            graphics.translate(0, y);
            panel(form.features().get(i), font, i == form.features().size() - 1).paint(graphics, width, next - y);
            graphics.setTransform(page);
            graphics.setClip(null);
            y = next;
        }
        legend(graphics, font, width, height - bottom / 2);
    }

    private XYChart panel(PlotFeature feature, Font font, boolean isLast) {
        XYChart chart = new XYChartBuilder()
                .yAxisTitle(label(feature))
                .xAxisTitle(isLast ? "input length, tokens" : "")
                .build();
        double top = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < experiments.size(); i++) {
            Curve curve = Curve.of(
                    experiments.get(i),
                    feature,
                    form.skipFirst(),
                    form.logPerplexityLimit(),
                    form.size().width() / PIXELS_A_POINT);
            XYSeries series = chart.addSeries(curve.name(), curve.x(), curve.y());
            series.setMarker(SeriesMarkers.NONE);
            series.setLineColor(COLORS.get(i));
            series.setLineStyle(new BasicStroke(Math.max(1.5f, font.getSize() / 8f)));
            top = Math.max(top, Arrays.stream(curve.y()).max().orElseThrow());
        }
        style(chart, font);
        if (feature == PlotFeature.PERPLEXITY && top >= form.logPerplexityLimit()) {
            chart.getStyler().setYAxisMax(form.logPerplexityLimit());
        }
        if (feature == PlotFeature.LATENCY) {
            // What costs nothing is at the bottom.
            chart.getStyler().setYAxisMin(0.0);
        }
        return chart;
    }

    private static void style(XYChart chart, Font font) {
        chart.getStyler()
                .setLegendVisible(false)
                .setChartTitleVisible(false)
                .setChartBackgroundColor(Color.WHITE)
                .setChartPadding(font.getSize() / 2)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setAntiAlias(true);
        chart.getStyler()
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setAxisTitleFont(font)
                .setAxisTickLabelsFont(font.deriveFont(font.getSize() * 0.9f))
                .setXAxisDecimalPattern("#,###")
                .setYAxisDecimalPattern("#.####")
                // The panels' axes stand over each other only if their labels take the same space.
                .setYAxisLeftWidthHint(font.getSize() * 5)
                .setToolTipsEnabled(false);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
    }

    private static String label(PlotFeature feature) {
        return switch (feature) {
            case PERPLEXITY -> "ln of perplexity so far";
            case VRAM -> "memory, GiB";
            case LATENCY -> "latency, s a token";
        };
    }

    private void legend(Graphics2D graphics, Font font, int width, int y) {
        graphics.setFont(font);
        int line = 2 * font.getSize();
        int gap = font.getSize() / 2;
        int[] widths = experiments.stream()
                .mapToInt(experiment -> line + gap + graphics.getFontMetrics().stringWidth(experiment.name()) + 2 * gap)
                .toArray();
        int x = (width - Arrays.stream(widths).sum()) / 2;
        for (int i = 0; i < widths.length; i++) {
            graphics.setColor(COLORS.get(i));
            graphics.fillRect(x, y - font.getSize() / 8, line, Math.max(2, font.getSize() / 4));
            graphics.setColor(Color.BLACK);
            graphics.drawString(experiments.get(i).name(), x + line + gap, y + font.getSize() / 3);
            x += widths[i];
        }
    }
}
