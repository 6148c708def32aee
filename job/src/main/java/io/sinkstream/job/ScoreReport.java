package io.sinkstream.job;

import io.sinkstream.batch.Ranked;
import io.sinkstream.batch.RowProblem;
import io.sinkstream.batch.ScoringSummary;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a scoring run tells at its end: the streams and rows of highest perplexity, and the totals. */
final class ScoreReport {
    private static final int KEY_CHARACTERS = 48;

    private ScoreReport() {}

    /** @param output where the rows went, or null if nowhere */
    static void print(PrintWriter out, ScoringSummary done, String output) {
        if (!done.topStreams().isEmpty()) {
            out.println("Streams of highest perplexity");
            table(
                    out,
                    List.of("key", ">tokens", ">perplexity"),
                    done.topStreams().stream()
                            .map(stream -> List.of(key(stream), count(stream.tokens()), number(stream.perplexity())))
                            .toList());
        }
        if (!done.topRows().isEmpty()) {
            out.println("Rows of highest perplexity");
            table(
                    out,
                    List.of("key", ">order", ">tokens", ">perplexity", "text"),
                    done.topRows().stream()
                            .map(row -> List.of(
                                    key(row),
                                    row.order() == null ? "" : row.order(),
                                    count(row.tokens()),
                                    number(row.perplexity()),
                                    row.text() == null ? "" : printable(row.text())))
                            .toList());
        }
        List<List<String>> totals = new ArrayList<>();
        totals.add(List.of("rows", count(done.rows())));
        totals.add(List.of("streams", count(done.streams())));
        totals.add(List.of("tokens", count(done.tokens())));
        totals.add(List.of("perplexity", number(done.perplexity())));
        totals.add(List.of("bits per byte", number(done.bitsPerByte())));
        totals.add(List.of("rows with an error", count(done.errors())));
        Stream.of(RowProblem.values())
                .filter(done.problems()::containsKey)
                .forEach(problem -> totals.add(
                        List.of("  " + problem.title(), count(done.problems().get(problem)))));
        if (done.dropped() > 0) {
            totals.add(List.of("late rows dropped", count(done.dropped())));
        }
        out.println("Totals");
        table(out, List.of("", ">"), totals);
        out.println(output == null ? "Nothing is written: no --output was given." : "Written to " + output);
        out.flush();
    }

    /** Columns as wide as their widest value; those whose title starts with {@code >} are flush right. */
    private static void table(PrintWriter out, List<String> titles, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>();
        List<String> plain =
                titles.stream().map(title -> title.replace(">", "")).toList();
        if (!String.join("", plain).isEmpty()) {
            all.add(plain);
        }
        all.addAll(rows);
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                int column = i;
                int width = all.stream()
                        .mapToInt(other -> other.get(column).length())
                        .max()
                        .orElse(0);
                String padding = " ".repeat(width - row.get(i).length());
                line.append("  ").append(titles.get(i).startsWith(">") ? padding + row.get(i) : row.get(i) + padding);
            }
            out.println(line.toString().stripTrailing());
        }
        out.println();
    }

    private static String key(Ranked ranked) {
        String key = printable(ranked.key());
        // A path's end tells more than its start.
        return key.length() <= KEY_CHARACTERS ? key : "..." + key.substring(key.length() - KEY_CHARACTERS + 3);
    }

    private static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) ? " " : Character.toString(c))
                .collect(Collectors.joining())
                .strip();
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String number(double number) {
        return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, "%,.3f", number);
    }
}
