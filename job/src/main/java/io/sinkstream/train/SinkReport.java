package io.sinkstream.train;

import io.sinkstream.settings.TrainedSink;
import java.util.List;
import java.util.Locale;

/**
 * What an experiment with sinks found.
 *
 * @param perplexities of each variant under each budget, variant by variant
 * @param attention of each variant's layers, variant by variant
 * @param skipped rows of either text that could not be used, as far as they were read in this run
 */
public record SinkReport(List<Score> perplexities, List<Attention> attention, long skipped)
        implements Comparison.Report {
    /** The columns of {@code sinks.csv}. */
    static final String SCORES = "variant,sinks,window,perplexity,tokens";

    /** The columns of {@code attention.csv}. */
    static final String SHARES = "variant,layer,token_0,tokens_0_to_3,virtual_sink";

    /**
     * Perplexity under the streaming rule.
     *
     * @param variant what the model was trained with
     * @param sinks S
     * @param window R
     * @param perplexity of the held-out tokens after each stream's first S + R
     * @param tokens how many those are
     */
    public record Score(TrainedSink variant, int sinks, int window, double perplexity, long tokens) {
        private String csv() {
            return String.format(Locale.ROOT, "%s,%d,%d,%.6f,%d", name(variant), sinks, window, perplexity, tokens);
        }
    }

    /**
     * Where a layer's attention goes, as shares from 0 to 1: means over heads and the queries of the second half of a context.
     *
     * @param variant what the model was trained with
     * @param layer from 0
     * @param first the share of token 0, which is the learned one where there is one
     * @param few the share of tokens 0 to 3 together
     * @param virtual the share of the sink in the denominator; NaN for a model without one
     */
    public record Attention(TrainedSink variant, int layer, double first, double few, double virtual) {
        private String csv() {
            return String.format(
                    Locale.ROOT,
                    "%s,%d,%.6f,%.6f,%s",
                    name(variant),
                    layer,
                    first,
                    few,
                    Double.isNaN(virtual) ? "" : String.format(Locale.ROOT, "%.6f", virtual));
        }
    }

    /** The variants, in the order they were trained in. */
    public List<TrainedSink> variants() {
        return perplexities.stream().map(Score::variant).distinct().toList();
    }

    /** One variant's scores, by budget. */
    public List<Score> scores(TrainedSink variant) {
        return perplexities.stream().filter(score -> score.variant() == variant).toList();
    }

    /** One variant's layers. */
    public List<Attention> layers(TrainedSink variant) {
        return attention.stream().filter(layer -> layer.variant() == variant).toList();
    }

    /** The mean over its layers of the share of token 0. */
    public double first(TrainedSink variant) {
        return layers(variant).stream().mapToDouble(Attention::first).average().orElse(Double.NaN);
    }

    /** The mean over its layers of the share of the sink in the denominator; NaN for a model without one. */
    public double virtual(TrainedSink variant) {
        return layers(variant).stream()
                .mapToDouble(Attention::virtual)
                .average()
                .orElse(Double.NaN);
    }

    /** {@code sinks.csv}. */
    String scoresCsv() {
        return lines(SCORES, perplexities.stream().map(Score::csv).toList());
    }

    /** {@code attention.csv}. */
    String attentionCsv() {
        return lines(SHARES, attention.stream().map(Attention::csv).toList());
    }

    private static String lines(String header, List<String> rows) {
        return header + "\n" + String.join("\n", rows) + "\n";
    }

    static String name(TrainedSink variant) {
        return variant.name().toLowerCase(Locale.ROOT);
    }
}
