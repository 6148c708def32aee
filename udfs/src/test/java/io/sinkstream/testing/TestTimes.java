package io.sinkstream.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes how long each class of tests took, the longest first, into the file that the build names. Classes that run beside
 * each other count the same seconds, so they can add up to more than the whole.
 */
public final class TestTimes implements TestExecutionListener {
    private static final String FILE = "test.times";

    private final Map<String, Long> begun = new ConcurrentHashMap<>();
    private final Map<String, Long> nanos = new ConcurrentHashMap<>();
    private final long start = System.nanoTime();

    @Override
    public void executionStarted(TestIdentifier test) {
        begun.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        long time = System.nanoTime() - begun.remove(test.getUniqueId());
        test.getSource()
                .filter(source -> source instanceof ClassSource)
                .map(source -> ((ClassSource) source).getClassName())
                .filter(name -> !name.contains("$"))
                .ifPresent(name -> nanos.merge(name, time, Long::sum));
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        String file = System.getProperty(FILE);
        if (file != null) {
            write(Path.of(file), new HashMap<>(nanos), System.nanoTime() - start);
        }
    }

    private static void write(Path file, Map<String, Long> nanos, long whole) {
        List<String> lines = new ArrayList<>();
        lines.add(line(whole, "all " + nanos.size() + " classes"));
        nanos.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                .forEach(time -> lines.add(line(time.getValue(), time.getKey())));
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String line(long nanos, String name) {
        return String.format(Locale.ROOT, "%8.1f s  %s", nanos / 1e9, name);
    }
}
