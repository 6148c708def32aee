package io.sinkstream.train;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The loss of a training over its steps, as a picture. */
final class LossPlot {
    private LossPlot() {}

    /** A PNG. */
    static byte[] png(List<LogEntry> log) throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(900)
                .height(500)
                .title("Loss of the training")
                .xAxisTitle("step")
                .yAxisTitle("nats a token")
                .theme(Styler.ChartTheme.Matlab)
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
        line(chart, "training", log, LogEntry::loss, new Color(0x8FB7D9));
        List<LogEntry> validated =
                log.stream().filter(entry -> !Double.isNaN(entry.validation())).toList();
        if (!validated.isEmpty()) {
            line(chart, "validation", validated, LogEntry::validation, new Color(0xC0392B))
                    .setMarker(SeriesMarkers.CIRCLE);
        }
        ByteArrayOutputStream picture = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(chart, picture, BitmapFormat.PNG);
        return picture.toByteArray();
    }

    private interface Height {
        double of(LogEntry entry);
    }

    private static XYSeries line(XYChart chart, String name, List<LogEntry> log, Height height, Color color) {
        XYSeries series = chart.addSeries(
                name,
                log.stream().mapToDouble(LogEntry::step).toArray(),
                log.stream().mapToDouble(height::of).toArray());
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(color);
        series.setMarkerColor(color);
        return series;
    }
}
