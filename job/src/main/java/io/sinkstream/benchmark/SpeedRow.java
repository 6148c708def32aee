package io.sinkstream.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * One measurement.
 *
 * @param work what was measured
 * @param dtype the number type
 * @param streams how many streams ran together
 * @param chunk tokens of each stream in one pass
 * @param cache tokens that each stream's cache held: S + R
 * @param tokensPerSecond of all streams together
 * @param shareOfLimit the rate over that of the bare matrix products of the same shapes, timed in the same run
 * @param shareOfMatrixRate the products' arithmetic a second over what one large product reaches
 * @param shareOfBandwidth the bytes of weights and caches a second over what reading memory reaches
 * @param residentBytes of the process
 * @param nll mean negative log-likelihood of a real text, nats a token; NaN without a text
 * @param nllPrice how much larger that is than in fp32, as a share of it; NaN without a text
 */
public record SpeedRow(
        Work work,
        String dtype,
        int streams,
        int chunk,
        int cache,
        double tokensPerSecond,
        double shareOfLimit,
        double shareOfMatrixRate,
        double shareOfBandwidth,
        long residentBytes,
        double nll,
        double nllPrice) {

    /** What can be measured. */
    public enum Work {
        /** Scoring one stream in chunks. */
        SCORE,
        /** Continuing streams token by token. */
        DECODE,
        /** The matrix products of either, and nothing else. */
        MATMUL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The columns of {@link #csv}. */
    public static final String HEADER = "work,dtype,streams,chunk,cache,tokens_per_second,share_of_limit,"
            + "share_of_matrix_rate,share_of_bandwidth,resident_mib,nll,nll_price";

    /** The same with a text's figures. */
    public SpeedRow withNll(double nll, double nllPrice) {
        return new SpeedRow(
                work,
                dtype,
                streams,
                chunk,
                cache,
                tokensPerSecond,
                shareOfLimit,
                shareOfMatrixRate,
                shareOfBandwidth,
                residentBytes,
                nll,
                nllPrice);
    }

    /** The row as a line of a CSV file; without a text the last two fields are empty. */
    public String csv() {
        return String.format(
                Locale.ROOT,
                "%s,%s,%d,%d,%d,%.2f,%.4f,%.4f,%.4f,%d,%s",
                work,
                dtype,
                streams,
                chunk,
                cache,
                tokensPerSecond,
                shareOfLimit,
                shareOfMatrixRate,
                shareOfBandwidth,
                residentBytes >> 20,
                Double.isNaN(nll) ? "," : String.format(Locale.ROOT, "%.6f,%.6f", nll, nllPrice));
    }

    /** The rows as a table for people, the header first. */
    public static List<String> table(List<SpeedRow> rows) {
        return Stream.concat(
                        Stream.of(String.format(
                                Locale.ROOT,
                                "%-8s %-9s %8s %6s %6s %10s %9s %9s %10s %9s %9s",
                                "work",
                                "dtype",
                                "streams",
                                "chunk",
                                "cache",
                                "tokens/s",
                                "of limit",
                                "of matmul",
                                "of memory",
                                "resident",
                                "NLL price")),
                        rows.stream()
                                .map(row -> String.format(
                                        Locale.ROOT,
                                        "%-8s %-9s %8d %6d %6d %10.1f %8.0f%% %8.0f%% %9.0f%% %5d MiB %9s",
                                        row.work,
                                        row.dtype,
                                        row.streams,
                                        row.chunk,
                                        row.cache,
                                        row.tokensPerSecond,
                                        100 * row.shareOfLimit,
                                        100 * row.shareOfMatrixRate,
                                        100 * row.shareOfBandwidth,
                                        row.residentBytes >> 20,
                                        Double.isNaN(row.nllPrice)
                                                ? "-"
                                                : String.format(Locale.ROOT, "%+.3f%%", 100 * row.nllPrice))))
                .toList();
    }
}
