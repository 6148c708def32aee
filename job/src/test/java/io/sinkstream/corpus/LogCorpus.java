package io.sinkstream.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.KafkaBroker;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Logs of real programs, for a model to be trained on: {@code mvn -B verify -Pcorpus -Dcorpus.minutes=20}. No part of the
 * ordinary build. Rows of {@code key}, {@code seq} and {@code text}, and {@code odd} where a failure wrote the line, are in
 * {@code job/target/corpus/train}, {@code heldout} and {@code sample}, a file a run; a run is in one of the three.
 * {@code -Dcorpus.seed} repeats what was drawn, though not the machine's own timing.
 */
@Tag("corpus")
final class LogCorpus {
    /** A program's log is no longer than so many lines; one with much detail, or of many equal lines, is shorter. */
    private static final Map<String, Integer> MOST_LINES =
            Map.of("maven", 2000, "jvm-gc", 1200, "jvm-classes", 250, "sinkstream-state", 800);

    private static final int MOST_LINES_OF_OTHERS = 2500;
    private static final int MOST_DEBUG_LINES = 1200;
    private static final int SAMPLE_LINES = 260;

    /** What a run is for. Of each kind of run the first goes to training, and then one in so many elsewhere. */
    private enum Part {
        TRAIN,
        HELDOUT,
        SAMPLE;

        static Part of(int count) {
            return count % 9 == 2 ? HELDOUT : count == 1 ? SAMPLE : TRAIN;
        }
    }

    private interface Scene {
        void play(LogRun run) throws Exception;
    }

    private final InstalledSpark spark = InstalledSpark.ofThisBuild();
    private final LogScrubber.Machine machine = LogScrubber.Machine.ofThis(spark.project());
    private final Path corpus = spark.project().resolve("job/target/corpus");
    private final Map<String, Integer> counts = new TreeMap<>();
    private final Map<String, long[]> sizes = new TreeMap<>();
    private Path folder;
    private long deadline;

    @Test
    void logsOfRealPrograms(@TempDir Path folder) throws Exception {
        this.folder = folder.toRealPath();
        long seed = Long.getLong("corpus.seed", new Random().nextLong());
        deadline = System.nanoTime()
                + Duration.ofMinutes(Integer.getInteger("corpus.minutes", 20)).toNanos();
        System.out.println("corpus: seed " + seed);
        InstalledSpark.deleteUnder(Files.createDirectories(corpus), file -> Files.isRegularFile(file));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (KafkaBroker broker = KafkaBroker.start(folder)) {
            SinkstreamScenes sinkstream = new SinkstreamScenes(broker, folder.resolve("models"));
            SparkScenes applications = new SparkScenes(applicationJar(), sinkstream);
            Random random = new Random(seed);
            List<Future<Void>> played = threads.invokeAll(List.of(
                    play(random.nextLong(), List.of("cluster"), Map.of("cluster", applications::cluster)),
                    play(random.nextLong(), List.of("cluster"), Map.of("cluster", applications::cluster)),
                    play(random.nextLong(), List.of("local"), Map.of("local", applications::local)),
                    play(
                            random.nextLong(),
                            List.of(
                                    "kafka", "jvm", "maven", "jvm", "maven", "jvm", "maven", "jvm", "maven", "jvm",
                                    "full", "maven"),
                            Map.of(
                                    "maven", MavenScenes::maven,
                                    "kafka", JvmScenes::kafka,
                                    "jvm", JvmScenes::jvm,
                                    "full", applications::fullDisk))));
            for (Future<Void> one : played) {
                one.get();
            }
            // So that the sample has these failures whatever was drawn.
            List<Scene> failures = new ArrayList<>(
                    List.of(JvmScenes::fullHeap, sinkstream::vanishingTopic, applications::killedExecutor));
            SparkScenes.UNSEEN.forEach(failure -> failures.add(run -> applications.unseen(run, failure)));
            for (int i = 0; i < failures.size(); i++) {
                play(failures.get(i), "s%03d".formatted(i), Part.SAMPLE, random.nextLong());
            }
        } finally {
            threads.shutdownNow();
        }
        documents();
        sample();
        tell();
        check();
    }

    /** Plays scenes in turn until the time is over. */
    private Callable<Void> play(long seed, List<String> order, Map<String, Scene> scenes) {
        return () -> {
            Random random = new Random(seed);
            for (int i = 0; System.nanoTime() < deadline; i++) {
                String kind = order.get(i % order.size());
                int count = count(kind);
                String name = "%s%03d".formatted(kind.substring(0, 1), count);
                play(scenes.get(kind), name, Part.of(count), random.nextLong());
            }
            return null;
        };
    }

    private void play(Scene scene, String name, Part part, long seed) throws IOException, InterruptedException {
        Path work = folder.resolve(name);
        try (LogRun run = new LogRun(spark, name, work, seed)) {
            try {
                scene.play(run);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                // What was logged until then is as good as any.
                System.out.println("corpus: " + name + ": " + e);
            }
            write(part, name, run, new Random(seed));
        }
        delete(work);
    }

    /** As far as it can be: what was just killed may still leave a file. */
    private static void delete(Path work) {
        try {
            InstalledSpark.deleteUnder(work, file -> true);
        } catch (UncheckedIOException e) {
            System.out.println("corpus: not deleted now: " + e.getMessage());
        }
    }

    private synchronized int count(String kind) {
        return counts.merge(kind, 1, Integer::sum) - 1;
    }

    private synchronized void write(Part part, String file, LogRun run, Random random) throws IOException {
        Map<Path, String> folders = new LinkedHashMap<>();
        folders.put(run.folder().resolve("sinkstream"), LogScrubber.project());
        folders.put(run.folder(), "");
        folders.put(folder, "");
        LogScrubber scrubber = new LogScrubber(machine, folders, random);
        Map<String, LogLines> all = new LinkedHashMap<>();
        run.lines().forEach((key, lines) -> {
            LogLines scrubbed =
                    new LogLines(lines.lines().stream().map(scrubber::scrub).toList());
            if (!scrubbed.lines().isEmpty()) {
                all.put(key, scrubbed.cut(most(key, scrubbed)));
            }
        });
        write(part, file, all);
    }

    private static int most(String key, LogLines lines) {
        boolean isDetailed =
                lines.lines().stream().filter(line -> line.contains("DEBUG")).count() > 100;
        int most = MOST_LINES.getOrDefault(program(key), MOST_LINES_OF_OTHERS);
        return isDetailed ? Math.min(most, MOST_DEBUG_LINES) : most;
    }

    /** {@code spark-driver} of {@code spark-driver-c001-2}. */
    private static String program(String key) {
        return key.startsWith("doc-") ? "doc" : key.replaceFirst("-[a-z]\\d{3}(-\\d+)?$", "");
    }

    private void write(Part part, String name, Map<String, LogLines> all) throws IOException {
        List<String> rows = new ArrayList<>();
        for (Map.Entry<String, LogLines> log : all.entrySet()) {
            boolean[] odd = log.getValue().odd();
            long bytes = 0;
            for (int seq = 0; seq < odd.length; seq++) {
                String text = log.getValue().lines().get(seq);
                rows.add(row(log.getKey(), seq, text, odd[seq]));
                bytes += text.getBytes(StandardCharsets.UTF_8).length + 1;
            }
            long[] size = sizes.computeIfAbsent(
                    part.name().toLowerCase(Locale.ROOT) + " " + program(log.getKey()), any -> new long[3]);
            size[0]++;
            size[1] += odd.length;
            size[2] += bytes;
        }
        if (!rows.isEmpty()) {
            Files.write(folder(part).resolve(name + ".jsonl"), rows);
        }
    }

    private static String row(String key, long seq, String text, boolean isOdd) {
        JsonObject row = new JsonObject();
        row.addProperty("key", key);
        row.addProperty("seq", seq);
        row.addProperty("text", text);
        if (isOdd) {
            row.addProperty("odd", true);
        }
        return row.toString();
    }

    private Path folder(Part part) throws IOException {
        return Files.createDirectories(corpus.resolve(part.name().toLowerCase(Locale.ROOT)));
    }

    /** The project's own texts: what people write about programs. */
    private void documents() throws IOException {
        Path project = spark.project();
        List<Path> files = new ArrayList<>();
        for (String name :
                List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "job/RATIONALE.md", "udfs/RATIONALE.md")) {
            files.add(project.resolve(name));
        }
        for (String module : List.of("udfs/src/main", "job/src/main")) {
            try (Stream<Path> sources = Files.walk(project.resolve(module))) {
                sources.filter(file -> file.toString().endsWith(".java"))
                        .sorted()
                        .forEach(files::add);
            }
        }
        Map<Part, Map<String, LogLines>> parts = new TreeMap<>();
        for (int i = 0; i < files.size(); i++) {
            Part part = i % 12 == 1 ? Part.HELDOUT : Part.TRAIN;
            String key = "doc-"
                    + project.relativize(files.get(i))
                            .toString()
                            .replaceFirst("/src/main/java/io/sinkstream", "")
                            .replace('/', '-');
            parts.computeIfAbsent(part, any -> new LinkedHashMap<>())
                    .put(key, new LogLines(Files.readAllLines(files.get(i))));
        }
        for (Map.Entry<Part, Map<String, LogLines>> part : parts.entrySet()) {
            write(part.getKey(), "documents", part.getValue());
        }
    }

    /** Of each program's logs in the sample the one that has a failure after the longest calm, around that. */
    private void sample() throws IOException {
        Map<String, String> best = new TreeMap<>();
        Map<String, LogLines> logs = new TreeMap<>();
        Path part = folder(Part.SAMPLE);
        try (Stream<Path> files = Files.list(part)) {
            for (Path file : files.sorted().toList()) {
                for (String line : Files.readAllLines(file)) {
                    JsonObject row = JsonParser.parseString(line).getAsJsonObject();
                    logs.computeIfAbsent(row.get("key").getAsString(), any -> new LogLines(new ArrayList<>()))
                            .lines()
                            .add(row.get("text").getAsString());
                }
            }
        }
        Map<String, Integer> calm = new TreeMap<>();
        logs.forEach((key, lines) -> {
            LogLines around = lines.aroundFirstOdd(SAMPLE_LINES);
            boolean[] odd = around.odd();
            int first = 0;
            int all = 0;
            for (int i = odd.length - 1; i >= 0; i--) {
                first = odd[i] ? i : first;
                all += odd[i] ? 1 : 0;
            }
            // Each failure that was wanted has its own.
            String program = key.matches(".*-s\\d{3}") ? key : program(key);
            if (all > 0 && all < odd.length / 2 && first > calm.getOrDefault(program, 20)) {
                calm.put(program, first);
                best.put(program, key);
            }
        });
        Path chosen = Files.createDirectories(corpus.resolve("chosen"));
        for (String key : best.values()) {
            LogLines around = logs.get(key).aroundFirstOdd(SAMPLE_LINES);
            boolean[] odd = around.odd();
            List<String> rows = new ArrayList<>();
            for (int seq = 0; seq < odd.length; seq++) {
                rows.add(row(key, seq, around.lines().get(seq), odd[seq]));
            }
            Files.write(chosen.resolve(key + ".jsonl"), rows);
        }
    }

    private void tell() throws IOException {
        List<String> lines = new ArrayList<>();
        sizes.forEach((what, size) -> lines.add(
                String.format(Locale.ROOT, "%-32s %5d logs %,9d lines %,12d bytes", what, size[0], size[1], size[2])));
        lines.forEach(System.out::println);
        Files.write(corpus.resolve("sizes.txt"), lines);
    }

    /** Nothing of what is written tells of this machine. */
    private void check() throws IOException {
        int files = 0;
        try (Stream<Path> written = Files.walk(corpus)) {
            for (Path file :
                    written.filter(path -> path.toString().endsWith(".jsonl")).toList()) {
                assertThat(LogScrubber.left(machine, Files.readString(file)))
                        .as("%s", file)
                        .isEmpty();
                files++;
            }
        }
        assertThat(files).isGreaterThan(2);
    }

    /** Of the application that is no part of sinkstream. */
    private Path applicationJar() throws IOException {
        Path jar = folder.resolve("reports-1.4.jar");
        Path classes = JvmScenes.classes();
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes.resolve("io/sinkstream"), 2)) {
            for (Path one : all.filter(
                            path -> path.toString().matches(".*/(corpus/NoisySpark|harness/InstalledSpark)\\b.*"))
                    .sorted()
                    .toList()) {
                entries.putNextEntry(new JarEntry(classes.relativize(one).toString()));
                Files.copy(one, entries);
                entries.closeEntry();
            }
        }
        return jar;
    }
}
