package io.sinkstream.benchmark;

import io.sinkstream.settings.PictureSize;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** Tables of numbers as panels of coloured cells over one scale, which stands beside them. */
final class HeatMaps {
    /** Blue below, white between, red above (ColorBrewer's RdBu): told apart by people who see fewer colours, too. */
    private static final List<Color> AROUND_ZERO =
            List.of(new Color(0x2166AC), new Color(0x92C5DE), Color.WHITE, new Color(0xF4A582), new Color(0xB2182B));

    /** From light to dark (ColorBrewer's YlGnBu), light for nothing. */
    private static final List<Color> FROM_ZERO = List.of(
            new Color(0xFFFFE5), new Color(0xC7E9B4), new Color(0x41B6C4), new Color(0x225EA8), new Color(0x081D58));

    private static final Color NOTHING = new Color(0xEEEEEE);

    /** So many of a hundred numbers have colours of their own; those beyond have the last one. */
    private static final double COVERED = 0.95;

    private final List<Panel> panels;
    private final Form form;
    private final double low;
    private final double high;

    /**
     * One table.
     *
     * @param cells row by row from the top; NaN where there is nothing
     */
    @SuppressWarnings("ArrayRecordComponent") // nothing compares them
    record Panel(String title, double[][] cells) {}

    /**
     * What is said of all panels.
     *
     * @param title stands over them; may be empty
     * @param rows what a row is
     * @param columns what a column is
     * @param numbers what the numbers are
     */
    record Form(String title, String rows, String columns, String numbers, PictureSize size) {}

    HeatMaps(List<Panel> panels, Form form) {
        this.panels = panels;
        this.form = form;
        double[] all = panels.stream()
                .flatMapToDouble(panel -> Arrays.stream(panel.cells()).flatMapToDouble(DoubleStream::of))
                .filter(Double::isFinite)
                .map(Math::abs)
                .sorted()
                .toArray();
        boolean hasNegatives = panels.stream()
                .flatMapToDouble(panel -> Arrays.stream(panel.cells()).flatMapToDouble(DoubleStream::of))
                .anyMatch(number -> number < 0);
        this.high = all.length == 0 || all[all.length - 1] == 0
                ? 1
                : hasNegatives ? all[(int) (COVERED * (all.length - 1))] : all[all.length - 1];
        this.low = hasNegatives ? -high : 0;
    }

    byte[] png() throws IOException {
        return Picture.png(form.size(), this::paint);
    }

    String svg() throws IOException {
        return Picture.svg(form.size(), this::paint);
    }

    private void paint(Graphics2D graphics) {
        int width = form.size().width();
        int height = form.size().height();
        int letters = Math.max(10, Math.min(18, height / 45));
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, letters);
        graphics.setFont(font);
        graphics.setColor(Color.BLACK);
        int top = letters / 2;
        if (!form.title().isEmpty()) {
            graphics.setFont(font.deriveFont(Font.BOLD, letters * 1.2f));
            centred(graphics, form.title(), 0, width, 2 * letters - letters / 2);
            graphics.setFont(font);
            top = 2 * letters;
        }
        int bottom = height - 2 * letters;
        centred(graphics, "rows: " + form.rows() + "; columns: " + form.columns(), 0, width, height - letters / 2);
        int right = width - 6 * letters;
        scale(graphics, letters, right + letters, top + 2 * letters, bottom - 2 * letters);
        grid(graphics, letters, right - letters, top, bottom);
    }

    private static void centred(Graphics2D graphics, String text, int from, int to, int y) {
        graphics.drawString(text, from + (to - from - graphics.getFontMetrics().stringWidth(text)) / 2, y);
    }

    /** As many columns as make the cells the largest. */
    private void grid(Graphics2D graphics, int letters, int right, int top, int bottom) {
        int columns = 1;
        double best = 0;
        for (int count = 1; count <= panels.size(); count++) {
            int rows = (panels.size() + count - 1) / count;
            double size = cell((right - letters) / count, (bottom - top) / rows, letters);
            if (size > best) {
                best = size;
                columns = count;
            }
        }
        int rows = (panels.size() + columns - 1) / columns;
        for (int i = 0; i < panels.size(); i++) {
            int x = letters + (right - letters) * (i % columns) / columns;
            int y = top + (bottom - top) * (i / columns) / rows;
            panel(graphics, panels.get(i), letters, x, y, (right - letters) / columns, (bottom - top) / rows);
        }
    }

    private double cell(int width, int height, int letters) {
        double[][] cells = panels.get(0).cells();
        return Math.min((width - 2.0 * letters) / cells[0].length, (height - 2.5 * letters) / cells.length);
    }

    private void panel(Graphics2D graphics, Panel panel, int letters, int left, int top, int width, int height) {
        double[][] cells = panel.cells();
        boolean isSquare = cells.length == cells[0].length;
        double size = cell(width, height, letters);
        double wide = isSquare ? size : (width - 4.0 * letters) / cells[0].length;
        double tall = isSquare ? size : (height - 4.0 * letters) / cells.length;
        double x = left + (width - wide * cells[0].length) / 2;
        double y = top + 1.5 * letters;
        graphics.setColor(Color.BLACK);
        centred(graphics, panel.title(), left, left + width, top + letters);
        for (int row = 0; row < cells.length; row++) {
            for (int column = 0; column < cells[row].length; column++) {
                int fromX = (int) Math.round(x + column * wide);
                int fromY = (int) Math.round(y + row * tall);
                graphics.setColor(color(cells[row][column]));
                graphics.fillRect(
                        fromX,
                        fromY,
                        (int) Math.round(x + (column + 1) * wide) - fromX,
                        (int) Math.round(y + (row + 1) * tall) - fromY);
            }
        }
        if (!isSquare) {
            numbers(graphics, letters, cells, x, y, wide, tall);
        }
    }

    /** From 0, as many as there is space for. */
    private static void numbers(
            Graphics2D graphics, int letters, double[][] cells, double x, double y, double wide, double high) {
        graphics.setColor(Color.BLACK);
        int everyColumn = (int) Math.ceil(2.5 * letters / wide);
        for (int column = 0; column < cells[0].length; column += everyColumn) {
            int from = (int) (x + column * wide);
            centred(graphics, "" + column, from, (int) (from + wide), (int) (y + cells.length * high + 1.2 * letters));
        }
        int everyRow = (int) Math.ceil(1.2 * letters / high);
        for (int row = 0; row < cells.length; row += everyRow) {
            String number = "" + row;
            graphics.drawString(
                    number, (int) x - letters / 2 - graphics.getFontMetrics().stringWidth(number), (int)
                            (y + (row + 0.5) * high + letters / 3.0));
        }
    }

    private void scale(Graphics2D graphics, int letters, int x, int top, int bottom) {
        for (int y = top; y < bottom; y++) {
            graphics.setColor(color(high - (high - low) * (y - top) / (bottom - top)));
            graphics.fillRect(x, y, letters, 1);
        }
        graphics.setColor(Color.BLACK);
        for (int i = 0; i <= 4; i++) {
            String number = String.format(Locale.ROOT, high - low > 20 ? "%.0f" : "%.2f", high - (high - low) * i / 4);
            graphics.drawString(number, x + letters * 3 / 2, top + (bottom - top) * i / 4 + letters / 3);
        }
        int width = graphics.getFontMetrics().stringWidth(form.numbers());
        graphics.drawString(form.numbers(), Math.min(x, form.size().width() - width - letters / 2), top - letters);
    }

    private Color color(double number) {
        if (!Double.isFinite(number)) {
            return NOTHING;
        }
        List<Color> colors = low < 0 ? AROUND_ZERO : FROM_ZERO;
        double at = Math.max(0, Math.min(1, (number - low) / (high - low))) * (colors.size() - 1);
        int first = (int) Math.min(at, colors.size() - 2);
        Color a = colors.get(first);
        Color b = colors.get(first + 1);
        double share = at - first;
        return new Color(
                (int) Math.round(a.getRed() + share * (b.getRed() - a.getRed())),
                (int) Math.round(a.getGreen() + share * (b.getGreen() - a.getGreen())),
                (int) Math.round(a.getBlue() + share * (b.getBlue() - a.getBlue())));
    }
}
