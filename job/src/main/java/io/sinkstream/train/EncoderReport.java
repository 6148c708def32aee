package io.sinkstream.train;

import java.util.List;
import java.util.Locale;

/**
 * What a comparison of encoders found.
 *
 * @param scores of each variant read in each way, variant by variant
 * @param skipped rows of either text that could not be used, as far as they were read in this run
 */
public record EncoderReport(List<Score> scores, long skipped) implements Comparison.Report {
    /** The columns of {@code encoders.csv}. */
    static final String COLUMNS = "variant,reading,sinks,window,perplexity,tokens";

    /** What an encoder saw of a sample while it was trained. */
    public enum Variant {
        /** All of it, as BERT does. */
        DENSE,
        /** A window. */
        WINDOW,
        /** A window, and first tokens that all see and that see all, as BigBird has them. */
        GLOBAL
    }

    /** How a text is read that is far longer than a sample. */
    public enum Reading {
        /** Cut into blocks of a sample's length, each encoded by itself as a sample was. */
        BLOCKS,
        /** In one piece, a window alone. */
        WINDOW,
        /** In one piece, a window and first tokens that all see and that see no more than others. */
        SINKS,
        /** In one piece, a window and first tokens that all see and that see all. */
        GLOBAL
    }

    /**
     * Pseudo-perplexity (Salazar et al. 2020, arXiv 1910.14659): that of hidden tokens.
     *
     * @param variant how the model was trained
     * @param reading how it reads
     * @param sinks S
     * @param window R, to each side
     * @param perplexity of hidden tokens behind each stream's first T
     * @param tokens how many those are
     */
    public record Score(Variant variant, Reading reading, int sinks, int window, double perplexity, long tokens) {
        private String csv() {
            return String.format(
                    Locale.ROOT,
                    "%s,%s,%d,%d,%.6f,%d",
                    name(variant),
                    name(reading),
                    sinks,
                    window,
                    perplexity,
                    tokens);
        }
    }

    /** One variant's scores, by reading. */
    public List<Score> scores(Variant variant) {
        return scores.stream().filter(score -> score.variant() == variant).toList();
    }

    /** {@code encoders.csv}. */
    String csv() {
        return COLUMNS + "\n"
                + String.join("\n", scores.stream().map(Score::csv).toList()) + "\n";
    }

    /** As it is told. */
    public static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
