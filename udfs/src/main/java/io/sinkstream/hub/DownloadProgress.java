package io.sinkstream.hub;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Says how far a download is: bytes, and the time left at the rate so far. */
final class DownloadProgress {
    private static final long EVERY = Duration.ofSeconds(5).toNanos();

    private final String name;
    private final long total;
    private final LongSupplier clock;
    private final Consumer<String> lines;
    private final long begin;
    private long told;
    private long here;
    private long came;

    /**
     * @param name of what comes, as lines start
     * @param total bytes of all files
     * @param clock nanoseconds
     * @param lines what takes a line
     */
    DownloadProgress(String name, long total, LongSupplier clock, Consumer<String> lines) {
        this.name = name;
        this.total = total;
        this.clock = clock;
        this.lines = lines;
        this.begin = clock.getAsLong();
        this.told = begin;
    }

    /** So many bytes were here before, or are no longer if it is negative. */
    void found(long bytes) {
        here += bytes;
    }

    /** So many bytes came. */
    void came(int bytes) {
        came += bytes;
        here += bytes;
        long now = clock.getAsLong();
        if (now - told >= EVERY) {
            told = now;
            double seconds = (now - begin) / 1e9;
            long left = Math.round((total - here) / (came / seconds));
            lines.accept(String.format(
                    Locale.ROOT, "%s: %s of %s MB, %s left", name, megabytes(here), megabytes(total), time(left)));
        }
    }

    /** All is here. */
    void end() {
        lines.accept(String.format(
                Locale.ROOT, "%s: all %s MB are here, %s MB came", name, megabytes(total), megabytes(came)));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.1f", bytes / 1e6);
    }

    private static String time(long seconds) {
        return seconds < 120 ? seconds + " s" : (seconds + 30) / 60 + " min";
    }
}
