package io.sinkstream.console;

import io.sinkstream.batch.ScoringSummary;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** What a run of continuations tells at its end: the totals. */
public final class GenerateReport {
    private GenerateReport() {}

    /**
     * Prints it.
     *
     * @param output where the rows went, or null if nowhere
     */
    public static void print(PrintWriter out, ScoringSummary done, String output) {
        List<List<String>> totals = new ArrayList<>();
        totals.add(List.of("rows", TextTable.count(done.rows())));
        totals.add(List.of("streams", TextTable.count(done.streams())));
        totals.add(List.of("tokens", TextTable.count(done.tokens())));
        totals.add(List.of("  written", TextTable.count(done.predicted())));
        if (done.lookup().proposed() > 0) {
            totals.add(List.of("  looked up", TextTable.count(done.lookup().proposed())));
            totals.add(List.of("  of these right", TextTable.count(done.lookup().accepted())));
        }
        totals.add(List.of("  their perplexity", TextTable.number(done.perplexity())));
        totals.addAll(ScoreReport.problems(done));
        ScoreReport.printTotals(out, totals, output);
    }
}
