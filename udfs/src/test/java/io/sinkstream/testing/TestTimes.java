package io.sinkstream.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes how long each class of tests took, the longest first, into the file that the build names. JVMs that test beside each
 * other write into the same, a class at a time. Classes that run beside each other count the same seconds, so they can add up
 * to more than the whole.
 */
public final class TestTimes implements TestExecutionListener {
    private static final String FILE = "test.times";
    /** Of the build whose times are added up; another one's are thrown away. */
    private static final String BUILD = "test.times.build";

    private static final Pattern LINE = Pattern.compile(" *([0-9.]+) s  (.*)");
    private static final long START = System.nanoTime();

    private final Map<String, Long> begun = new ConcurrentHashMap<>();
    private final Map<String, Double> seconds = new ConcurrentHashMap<>();

    @Override
    public void executionStarted(TestIdentifier test) {
        begun.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        double time = (System.nanoTime() - begun.remove(test.getUniqueId())) / 1e9;
        test.getSource()
                .filter(source -> source instanceof ClassSource)
                .map(source -> ((ClassSource) source).getClassName())
                .filter(name -> !name.contains("$"))
                .ifPresent(name -> seconds.merge(name, time, Double::sum));
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        String file = System.getProperty(FILE);
        if (file != null) {
            add(Path.of(file), " classes of the build of " + System.getProperty(BUILD));
            seconds.clear();
        }
    }

    private void add(Path file, String ofBuild) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                // Until it is closed.
                channel.lock();
                byte[] before = Channels.newInputStream(channel).readAllBytes();
                String lines = merged(new String(before, StandardCharsets.UTF_8), ofBuild);
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8)), 0);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file's lines with those of this JVM. */
    private String merged(String before, String ofBuild) {
        double whole = (System.nanoTime() - START) / 1e9;
        Map<String, Double> all = new HashMap<>();
        List<String> lines = before.lines().toList();
        if (!lines.isEmpty() && lines.get(0).endsWith(ofBuild)) {
            whole = Math.max(whole, time(lines.get(0)));
            lines.stream().skip(1).forEach(line -> all.merge(name(line), time(line), Double::sum));
        }
        seconds.forEach((name, time) -> all.merge(name, time, Double::sum));
        List<String> sorted = new ArrayList<>();
        sorted.add(line(whole, "all " + all.size() + ofBuild));
        all.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
                .forEach(time -> sorted.add(line(time.getValue(), time.getKey())));
        return String.join("\n", sorted) + "\n";
    }

    private static double time(String line) {
        return Double.parseDouble(parts(line).group(1));
    }

    private static String name(String line) {
        return parts(line).group(2);
    }

    private static Matcher parts(String line) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new IllegalStateException("no line of times: " + line);
        }
        return parts;
    }

    private static String line(double seconds, String name) {
        return String.format(Locale.ROOT, "%8.1f s  %s", seconds, name);
    }
}
