package io.sinkstream.console;

import io.sinkstream.batch.Ranked;
import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.rows.RowProblem;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a scoring run tells at its end: the streams and rows that are oddest, by p-value or else by perplexity, and the totals. */
public final class ScoreReport {
    private static final int KEY_CHARACTERS = 48;
    private static final String P_VALUE = ">p-value";

    private ScoreReport() {}

    /**
     * Prints it.
     *
     * @param output where the rows went, or null if nowhere
     */
    public static void print(PrintWriter out, ScoringSummary done, String output) {
        boolean isJudged = done.judged() > 0;
        if (!done.topStreams().isEmpty()) {
            out.println(isJudged ? "Oddest streams" : "Streams of highest perplexity");
            print(
                    out,
                    isJudged,
                    List.of("key", ">tokens", P_VALUE, ">perplexity"),
                    done.topStreams().stream()
                            .map(stream -> List.of(
                                    key(stream),
                                    TextTable.count(stream.tokens()),
                                    TextTable.share(stream.pValue()),
                                    TextTable.number(stream.perplexity())))
                            .toList());
        }
        if (!done.topRows().isEmpty()) {
            out.println(isJudged ? "Oddest rows" : "Rows of highest perplexity");
            print(
                    out,
                    isJudged,
                    List.of("key", ">order", ">tokens", P_VALUE, ">perplexity", "text"),
                    done.topRows().stream()
                            .map(row -> List.of(
                                    key(row),
                                    row.order() == null ? "" : row.order(),
                                    TextTable.count(row.tokens()),
                                    TextTable.share(row.pValue()),
                                    TextTable.number(row.perplexity()),
                                    row.text() == null ? "" : TextTable.printable(row.text())))
                            .toList());
        }
        List<List<String>> totals = new ArrayList<>();
        totals.add(List.of("rows", TextTable.count(done.rows())));
        totals.add(List.of("streams", TextTable.count(done.streams())));
        totals.add(List.of("tokens", TextTable.count(done.tokens())));
        totals.add(List.of("perplexity", TextTable.number(done.perplexity())));
        totals.add(List.of("bits per byte", TextTable.number(done.bitsPerByte())));
        if (done.judged() + done.unjudged() > 0) {
            totals.add(List.of("judged by ordinary rows", TextTable.count(done.judged())));
            totals.add(List.of("odd", TextTable.count(done.odd())));
        }
        if (done.unjudged() > 0) {
            totals.add(List.of("without ordinary rows of their kind", TextTable.count(done.unjudged())));
        }
        totals.addAll(problems(done));
        printTotals(out, totals, output);
    }

    /** Without the column of p-values where there are none. */
    private static void print(PrintWriter out, boolean isJudged, List<String> titles, List<List<String>> rows) {
        int pValue = titles.indexOf(P_VALUE);
        TextTable.print(
                out,
                isJudged ? titles : without(titles, pValue),
                isJudged ? rows : rows.stream().map(row -> without(row, pValue)).toList());
    }

    private static List<String> without(List<String> cells, int place) {
        List<String> others = new ArrayList<>(cells);
        others.remove(place);
        return others;
    }

    /** The rows of the totals that say what was wrong. */
    static List<List<String>> problems(ScoringSummary done) {
        List<List<String>> totals = new ArrayList<>();
        totals.add(List.of("rows with an error", TextTable.count(done.errors())));
        Stream.of(RowProblem.values())
                .filter(done.problems()::containsKey)
                .forEach(problem -> totals.add(List.of(
                        "  " + problem.title(), TextTable.count(done.problems().get(problem)))));
        if (done.dropped() > 0) {
            totals.add(List.of("late rows dropped", TextTable.count(done.dropped())));
        }
        return totals;
    }

    static void printTotals(PrintWriter out, List<List<String>> totals, String output) {
        out.println("Totals");
        TextTable.print(out, List.of("", ">"), totals);
        out.println(output == null ? "Nothing is written: no --output was given." : "Written to " + output);
        out.flush();
    }

    private static String key(Ranked ranked) {
        String key = TextTable.printable(ranked.key());
        // A path's end tells more than its start.
        return key.length() <= KEY_CHARACTERS ? key : "..." + key.substring(key.length() - KEY_CHARACTERS + 3);
    }
}
