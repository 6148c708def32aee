package io.sinkstream.job;

import io.sinkstream.benchmark.PerplexityRow;
import io.sinkstream.benchmark.SinkNeed;
import io.sinkstream.console.TextTable;
import io.sinkstream.decoder.AttentionSums;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How much a model needs sinks, for people to read. */
final class SinkTables {
    private SinkTables() {}

    /** Prints perplexities, attention layer by layer, and what follows. */
    static void print(PrintWriter out, SinkNeed need) {
        int cache =
                need.perplexities().get(0).sinks() + need.perplexities().get(0).window();
        TextTable.print(
                out,
                List.of(">S", ">R", ">tokens", ">NLL", ">perplexity", ">after " + TextTable.count(cache)),
                need.perplexities().stream()
                        .map(row -> List.of(
                                TextTable.count(row.sinks()),
                                TextTable.count(row.window()),
                                TextTable.count(row.tokens()),
                                String.format(Locale.ROOT, "%.4f", row.nll()),
                                TextTable.number(row.perplexity()),
                                TextTable.number(row.perplexityBeyond())))
                        .toList());
        AttentionSums attention = need.attention();
        out.println("Attention over " + TextTable.count(attention.texts()) + " excerpts of " + attention.tokens()
                + " tokens: means over heads and over the queries that see the token");
        List<List<String>> layers = new ArrayList<>();
        for (int layer = 0; layer < attention.layers(); layer++) {
            List<String> row = new ArrayList<>(List.of("" + layer));
            for (int token = 0; token < Math.min(4, attention.tokens()); token++) {
                row.add(TextTable.number(need.received(layer, token)));
            }
            row.add(need.sinks(layer) + " of " + attention.heads());
            layers.add(row);
        }
        List<String> titles = new ArrayList<>(List.of(">layer"));
        for (int token = 0; token < Math.min(4, attention.tokens()); token++) {
            titles.add(">token " + token);
        }
        titles.add(">sinks");
        TextTable.print(out, titles, layers);
        summary(out, need);
    }

    private static void summary(PrintWriter out, SinkNeed need) {
        int layers = need.attention().layers();
        out.printf(
                Locale.ROOT,
                "%.1f %% of the heads are sinks: more than %.1f of their attention goes to the first token.%n",
                100 * need.share(0, layers),
                SinkNeed.SINK_SHARE);
        if (layers >= 3) {
            out.printf(
                    Locale.ROOT,
                    "Of the first third of the layers %.1f %%, of the middle one %.1f %%, of the last one %.1f %%.%n",
                    100 * need.share(0, layers / 3),
                    100 * need.share(layers / 3, layers - layers / 3),
                    100 * need.share(layers - layers / 3, layers));
        }
        PerplexityRow row = need.recommended();
        out.printf(
                Locale.ROOT,
                "Recommended: --attention-sink-size %d, the fewest with at most %.0f %% more than the least perplexity after"
                        + " the cache has filled (%.3f).%n",
                row.sinks(),
                100 * SinkNeed.PRICE,
                row.perplexityBeyond());
    }
}
