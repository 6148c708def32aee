package io.sinkstream.benchmark;

import io.sinkstream.decoder.AttentionSums;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How much a model needs sinks.
 *
 * @param perplexities at equal cache, by S, ascending; all of the same tokens
 * @param attention over excerpts of texts
 */
public record SinkNeed(List<PerplexityRow> perplexities, AttentionSums attention) {
    /** The choices of S that are compared. */
    public static final List<Integer> SINKS = List.of(0, 1, 2, 4, 8);

    /** A head that gives more of its attention to the first token is a sink (arXiv 2410.10781, section 3). */
    public static final double SINK_SHARE = 0.3;

    /** What is paid at most for fewer sinks: this share of the perplexity. */
    public static final double PRICE = 0.01;

    /** So many first tokens are told of. */
    public static final int FIRST = 8;

    /** The fewest sinks whose perplexity, after the cache has filled, is at most {@link #PRICE} above the least. */
    public PerplexityRow recommended() {
        double least = perplexities.stream()
                .mapToDouble(PerplexityRow::perplexityBeyond)
                .min()
                .orElseThrow();
        return perplexities.stream()
                .filter(row -> row.perplexityBeyond() <= (1 + PRICE) * least)
                .findFirst()
                .orElseThrow();
    }

    /** Whether a head is a sink. */
    public boolean isSink(int layer, int head) {
        return attention.received(layer, head, 0) > SINK_SHARE;
    }

    /** How many heads of a layer are sinks. */
    public int sinks(int layer) {
        return (int) IntStream.range(0, attention.heads())
                .filter(head -> isSink(layer, head))
                .count();
    }

    /** Which share of the heads of some layers are sinks. */
    public double share(int from, int to) {
        return IntStream.range(from, to).map(this::sinks).sum() / (double) ((to - from) * attention.heads());
    }

    /** The mean over a layer's heads of the attention that a token gets. */
    public double received(int layer, int token) {
        return IntStream.range(0, attention.heads())
                .mapToDouble(head -> attention.received(layer, head, token))
                .average()
                .orElseThrow();
    }

    /** The attention to the first token, a row a head and a column a layer. */
    double[][] map() {
        return IntStream.range(0, attention.heads())
                .mapToObj(head -> IntStream.range(0, attention.layers())
                        .mapToDouble(layer -> attention.received(layer, head, 0))
                        .toArray())
                .toArray(double[][]::new);
    }

    private int first() {
        return Math.min(FIRST, attention.tokens());
    }

    String perplexityCsv() {
        return "sinks,window,tokens,nll,ppl,ppl_after_cache_filled\n"
                + perplexities.stream()
                        .map(row -> String.format(
                                Locale.ROOT,
                                "%d,%d,%d,%.6f,%.6f,%.6f\n",
                                row.sinks(),
                                row.window(),
                                row.tokens(),
                                row.nll(),
                                row.perplexity(),
                                row.perplexityBeyond()))
                        .collect(Collectors.joining());
    }

    String attentionCsv() {
        StringBuilder csv = new StringBuilder("layer,head");
        IntStream.range(0, first()).forEach(token -> csv.append(",token_").append(token));
        csv.append(",is_sink\n");
        for (int layer = 0; layer < attention.layers(); layer++) {
            for (int head = 0; head < attention.heads(); head++) {
                csv.append(layer).append(',').append(head);
                for (int token = 0; token < first(); token++) {
                    csv.append(String.format(Locale.ROOT, ",%.6f", attention.received(layer, head, token)));
                }
                csv.append(',').append(isSink(layer, head)).append('\n');
            }
        }
        return csv.toString();
    }
}
