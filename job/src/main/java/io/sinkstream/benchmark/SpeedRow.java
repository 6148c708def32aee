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
 */
public record SpeedRow(
        Work work, String dtype, int streams, int chunk, int cache, double tokensPerSecond, double shareOfLimit) {

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
    public static final String HEADER = "work,dtype,streams,chunk,cache,tokens_per_second,share_of_limit";

    /** The row as a line of a CSV file. */
    public String csv() {
        return String.format(
                Locale.ROOT,
                "%s,%s,%d,%d,%d,%.2f,%.4f",
                work,
                dtype,
                streams,
                chunk,
                cache,
                tokensPerSecond,
                shareOfLimit);
    }

    /** The rows as a table for people, the header first. */
    public static List<String> table(List<SpeedRow> rows) {
        return Stream.concat(
                        Stream.of(String.format(
                                Locale.ROOT,
                                "%-8s %-9s %8s %6s %6s %14s %14s",
                                "work",
                                "dtype",
                                "streams",
                                "chunk",
                                "cache",
                                "tokens/s",
                                "share of limit")),
                        rows.stream()
                                .map(row -> String.format(
                                        Locale.ROOT,
                                        "%-8s %-9s %8d %6d %6d %14.1f %13.0f%%",
                                        row.work,
                                        row.dtype,
                                        row.streams,
                                        row.chunk,
                                        row.cache,
                                        row.tokensPerSecond,
                                        100 * row.shareOfLimit)))
                .toList();
    }
}
