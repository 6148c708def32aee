package io.sinkstream.benchmark;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.sinkstream.settings.TableFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rows of {@code speed}, for people to read or for programs. */
public final class SpeedTable {
    private static final Gson GSON =
            new GsonBuilder().serializeNulls().setPrettyPrinting().create();

    /** Each column's title and width, and how a row is told in it. The first two are words, the others numbers. */
    private static final List<Column> COLUMNS = List.of(
            new Column("work", 9, row -> row.work().toString()),
            new Column("dtype", 9, SpeedRow::dtype),
            new Column("streams", 8, row -> "" + row.streams()),
            new Column("chunk", 6, row -> "" + row.chunk()),
            new Column("cache", 6, row -> "" + row.cache()),
            new Column("tokens/s", 10, row -> number("%.1f", row.rate().median())),
            new Column(
                    "mean ± deviation",
                    18,
                    row -> number("%.1f ± %.1f", row.rate().mean(), row.rate().deviation())),
            new Column("of limit", 9, row -> share(row.shares().limit())),
            new Column("of matmul", 9, row -> share(row.shares().matrixRate())),
            new Column("of memory", 10, row -> share(row.shares().bandwidth())),
            new Column("resident", 9, row -> (row.residentBytes() >> 20) + " MiB"),
            new Column("NLL price", 9, row -> known("%+.3f%%", 100 * row.nllPrice())),
            new Column("speedup", 8, row -> known("%.1fx", row.speedup())));

    private static final int WORDS = 2;

    private record Column(String title, int width, Function<SpeedRow, String> cell) {}

    private SpeedTable() {}

    /** The names of the columns for programs, joined by commas. */
    public static String header() {
        return String.join(",", values(null).keySet());
    }

    /** The lines of a table in that format. */
    public static List<String> lines(List<SpeedRow> rows, TableFormat format) {
        return switch (format) {
            case TEXT -> all(rows).map(SpeedTable::text).toList();
            case MARKDOWN -> markdown(rows);
            case CSV ->
                Stream.concat(Stream.of(header()), rows.stream().map(SpeedTable::csv))
                        .toList();
            case JSON ->
                GSON.toJson(rows.stream().map(SpeedTable::values).toList())
                        .lines()
                        .toList();
        };
    }

    /** The titles, and then each row's cells. */
    private static Stream<List<String>> all(List<SpeedRow> rows) {
        return Stream.concat(
                Stream.of(COLUMNS.stream().map(Column::title).toList()),
                rows.stream().map(row -> COLUMNS.stream()
                        .map(column -> column.cell().apply(row))
                        .toList()));
    }

    private static String text(List<String> cells) {
        return IntStream.range(0, COLUMNS.size())
                .mapToObj(i -> String.format(
                        Locale.ROOT,
                        "%" + (i < WORDS ? "-" : "") + COLUMNS.get(i).width() + "s",
                        cells.get(i)))
                .collect(Collectors.joining(" "))
                .stripTrailing();
    }

    private static List<String> markdown(List<SpeedRow> rows) {
        List<String> lines = new ArrayList<>(
                all(rows).map(cells -> "| " + String.join(" | ", cells) + " |").toList());
        lines.add(
                1,
                IntStream.range(0, COLUMNS.size())
                        .mapToObj(i -> i < WORDS ? "---" : "---:")
                        .collect(Collectors.joining("|", "|", "|")));
        return lines;
    }

    private static String csv(SpeedRow row) {
        return values(row).values().stream()
                .map(value -> value == null ? "" : value.toString())
                .collect(Collectors.joining(","));
    }

    /** A row's values by their names, none of which needs quotes; null where there is none. All are null without a row. */
    private static Map<String, Object> values(SpeedRow row) {
        Map<String, Object> values = new LinkedHashMap<>();
        put(values, row, "work", found -> found.work().toString());
        put(values, row, "dtype", SpeedRow::dtype);
        put(values, row, "streams", SpeedRow::streams);
        put(values, row, "chunk", SpeedRow::chunk);
        put(values, row, "cache", SpeedRow::cache);
        put(values, row, "tokens_per_second", found -> rounded(found.rate().median(), 2));
        put(values, row, "mean", found -> rounded(found.rate().mean(), 2));
        put(values, row, "deviation", found -> rounded(found.rate().deviation(), 2));
        put(values, row, "rounds", found -> found.rate().rounds());
        put(values, row, "share_of_limit", found -> rounded(found.shares().limit(), 4));
        put(values, row, "share_of_matrix_rate", found -> rounded(found.shares().matrixRate(), 4));
        put(values, row, "share_of_bandwidth", found -> rounded(found.shares().bandwidth(), 4));
        put(values, row, "resident_mib", found -> found.residentBytes() >> 20);
        put(values, row, "nll", found -> rounded(found.nll(), 6));
        put(values, row, "nll_price", found -> rounded(found.nllPrice(), 6));
        put(values, row, "speedup", found -> rounded(found.speedup(), 3));
        put(values, row, "model", found -> found.place().model());
        put(values, row, "processor", found -> found.place().processor());
        put(values, row, "threads", found -> found.place().threads());
        return values;
    }

    private static void put(Map<String, Object> values, SpeedRow row, String name, Function<SpeedRow, Object> value) {
        values.put(name, row == null ? null : value.apply(row));
    }

    /** Null for NaN, which JSON does not know. */
    private static Double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Double.isNaN(value) ? null : (Double) (Math.round(value * scale) / scale);
    }

    private static String share(double share) {
        return known("%.0f%%", 100 * share);
    }

    private static String known(String format, double number) {
        return Double.isNaN(number) ? "-" : number(format, number);
    }

    private static String number(String format, Object... numbers) {
        return String.format(Locale.ROOT, format, numbers);
    }
}
