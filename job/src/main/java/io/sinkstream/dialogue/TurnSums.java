package io.sinkstream.dialogue;

import io.sinkstream.console.TextTable;
import java.util.List;
import java.util.Locale;

/** What some turns come to. */
final class TurnSums {
    private static final double MILLIS = 1000;

    private int turns;
    private long tokens;
    private double nll;
    private long words;
    private long known;
    private long later;
    private double laterSeconds;
    private long resident;

    void add(Answer answer, KnownWords.Count count, long residentBytes) {
        turns++;
        tokens += answer.tokens();
        nll += answer.spoken().nll();
        words += count.all();
        known += count.known();
        if (answer.tokens() > 1) {
            later += answer.tokens() - 1;
            laterSeconds += answer.seconds() - answer.readSeconds();
        }
        resident = residentBytes;
    }

    /** How many turns. */
    int turns() {
        return turns;
    }

    /** The titles of {@link #cells}. */
    static List<String> titles() {
        return List.of("turns", ">answered", ">tokens", ">perplexity", ">known words", ">ms a token", ">resident");
    }

    /** As a row of a table. */
    List<String> cells(String name) {
        return List.of(
                name,
                TextTable.count(turns),
                TextTable.count(tokens),
                TextTable.number(Math.exp(nll / tokens)),
                words == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * known / words),
                later == 0 ? "-" : String.format(Locale.ROOT, "%.1f", MILLIS * laterSeconds / later),
                TextTable.count(resident >> 20) + " MiB");
    }
}
