package io.sinkstream.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What has to be the same for two measurements to be compared.
 *
 * @param model the beginning of the checkpoint's fingerprint
 * @param processor as its maker calls it, without commas and quotes
 * @param threads that libtorch may have: OMP_NUM_THREADS, or the JVM's processors
 */
public record SpeedPlace(String model, String processor, int threads) {
    /** As many characters of a fingerprint as tell models apart. */
    private static final int SHORT = 16;

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    /** Here and now. */
    public static SpeedPlace here(String fingerprint) {
        return new SpeedPlace(
                fingerprint.substring(0, Math.min(SHORT, fingerprint.length())), processorHere(), threadsHere());
    }

    private static String processorHere() {
        String architecture = System.getProperty("os.arch");
        try (Stream<String> lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1)
                            .replaceAll("[\\s,\"]+", " ")
                            .strip())
                    .orElse(architecture);
        } catch (IOException e) {
            return architecture;
        }
    }

    private static int threadsHere() {
        String given = System.getenv("OMP_NUM_THREADS");
        return given != null && given.matches("[1-9]\\d{0,4}")
                ? Integer.parseInt(given)
                : Runtime.getRuntime().availableProcessors();
    }
}
