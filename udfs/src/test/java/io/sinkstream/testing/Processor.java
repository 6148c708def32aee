package io.sinkstream.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What the processor that runs the tests is. */
public final class Processor {
    private static final Path FILE = Path.of("/proc/cpuinfo");

    private Processor() {}

    /** Skips the running test where {@code --deterministic} was never shown to hold: it may be refused there. */
    public static void requireSameBits() {
        if (!givesSameBits()) {
            Assumptions.abort(
                    "skipped: --deterministic is shown to hold on Intel's processors with AVX-512 and on AMD's Zen 3");
        }
    }

    /** Whether {@code --deterministic} was shown to hold on such a one. */
    public static boolean givesSameBits() {
        return (says("GenuineIntel") && says("avx512bw"))
                || (says("AuthenticAMD") && says("cpu family\t: 25") && says("avx2") && !says("avx512"));
    }

    private static boolean says(String word) {
        try {
            return Files.exists(FILE) && Files.readString(FILE).contains(word);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
