package io.sinkstream.benchmark;

import io.sinkstream.benchmark.SpeedRow.Rate;
import io.sinkstream.benchmark.SpeedRow.Work;
import io.sinkstream.settings.SpeedSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What an earlier run of {@code speed} measured on the same machine, and which rows are slower now. */
public final class SpeedBaseline {
    /** Deviations of the difference of two rounds: of rows that are as fast as before, hardly one in a hundred is marked. */
    private static final double DEVIATIONS = 2;

    private final Map<Key, Rate> rates;

    private SpeedBaseline(Map<Key, Rate> rates) {
        this.rates = rates;
    }

    private record Key(String work, String dtype, int streams, int chunk, int cache) {
        static Key of(SpeedRow row) {
            return new Key(row.work().toString(), row.dtype(), row.streams(), row.chunk(), row.cache());
        }
    }

    /**
     * What is to be told.
     *
     * @param lines one a row that was measured
     * @param compared how many rows both have
     * @param slower how many of these are slower; the bare products, which are the machine's, do not count
     */
    public record Comparison(List<String> lines, int compared, int slower) {}

    /**
     * Reads what {@code speed --output} wrote.
     *
     * @param here where it is to be compared with
     * @throws UserException if it can't be read, is no such table, or was measured elsewhere or with another model or number of
     *     threads
     */
    public static SpeedBaseline read(String file, SpeedPlace here) {
        List<String> lines = lines(file);
        if (lines.isEmpty() || !lines.get(0).equals(SpeedTable.header())) {
            throw new UserException(SpeedSettings.BASELINE + ": " + file
                    + " is no table of this version's speed --output: measure it again");
        }
        List<String> names = List.of(lines.get(0).split(",", -1));
        Map<Key, Rate> rates = new LinkedHashMap<>();
        for (int i = 1; i < lines.size(); i++) {
            List<String> cells = Arrays.asList(lines.get(i).split(",", -1));
            String where = SpeedSettings.BASELINE + ": " + file + ", line " + (i + 1);
            if (cells.size() != names.size()) {
                throw new UserException(
                        where + " has " + cells.size() + " cells; expected " + names.size() + ": measure it again");
            }
            Line line = new Line(where, names, cells);
            line.require("model", here.model());
            line.require("processor", here.processor());
            line.require("threads", "" + here.threads());
            rates.put(line.key(), line.rate());
        }
        return new SpeedBaseline(rates);
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            throw new UserException(
                    SpeedSettings.BASELINE + ": " + file + " is no text file that can be read here: " + e.getMessage(),
                    e);
        }
    }

    private record Line(String where, List<String> names, List<String> cells) {
        String text(String name) {
            return cells.get(names.indexOf(name));
        }

        double number(String name) {
            try {
                return Double.parseDouble(text(name));
            } catch (NumberFormatException e) {
                throw new UserException(where + ": " + name + " is \"" + text(name) + "\"; expected a number", e);
            }
        }

        void require(String name, String here) {
            if (!text(name).equals(here)) {
                throw new UserException(where + ": " + name + " is \"" + text(name) + "\", and here \"" + here
                        + "\": rates of the same machine, model and number of threads can be compared");
            }
        }

        Key key() {
            return new Key(
                    text("work"), text("dtype"), (int) number("streams"), (int) number("chunk"), (int) number("cache"));
        }

        Rate rate() {
            Rate rate =
                    new Rate(number("tokens_per_second"), number("mean"), number("deviation"), (int) number("rounds"));
            if (rate.rounds() < 2) {
                throw new UserException(where + " was measured once, which has no spread: measure it again with more "
                        + SpeedSettings.ROUNDS);
            }
            return rate;
        }
    }

    /** Compares medians: slower is what lost more than the spread of both. */
    public Comparison compare(List<SpeedRow> rows) {
        List<String> lines = new ArrayList<>();
        int compared = 0;
        int slower = 0;
        for (SpeedRow row : rows) {
            Rate before = rates.get(Key.of(row));
            String what = String.format(
                    Locale.ROOT,
                    "%-9s %-9s %8d %6d %6d",
                    row.work(),
                    row.dtype(),
                    row.streams(),
                    row.chunk(),
                    row.cache());
            if (before == null) {
                lines.add(what + "  not in the baseline");
                continue;
            }
            compared++;
            boolean isSlower = before.median() - row.rate().median() > spread(before, row.rate());
            if (isSlower && row.work() != Work.MATMUL) {
                slower++;
            }
            lines.add(what
                    + String.format(
                            Locale.ROOT,
                            " %10.1f -> %10.1f tokens/s, %+.1f%%, spread %.1f%%%s",
                            before.median(),
                            row.rate().median(),
                            100 * (row.rate().median() / before.median() - 1),
                            100 * spread(before, row.rate()) / before.median(),
                            isSlower ? ": slower" : ""));
        }
        return new Comparison(lines, compared, slower);
    }

    private static double spread(Rate before, Rate now) {
        return DEVIATIONS * Math.hypot(before.deviation(), now.deviation());
    }
}
