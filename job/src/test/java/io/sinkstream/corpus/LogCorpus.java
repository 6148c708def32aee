package io.sinkstream.corpus;

import io.sinkstream.corpus.LogRun.Course;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.KafkaBroker;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
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
 * {@code job/target/corpus/train}, {@code heldout}, {@code failing} and {@code sample}, a file a run; a run is in one of the
 * four. The first two are ordinary: nothing failed in their runs, and no line is marked. {@code -Dcorpus.seed} repeats what
 * was drawn, though not the machine's own timing.
 */
@Tag("corpus")
final class LogCorpus {
    /** Of the names of runs. */
    private static final Map<String, String> LETTERS = Map.ofEntries(
            Map.entry("cluster", "c"),
            Map.entry("local", "l"),
            Map.entry("history", "y"),
            Map.entry("kafka", "k"),
            Map.entry("zookeeper", "z"),
            Map.entry("hdfs", "h"),
            Map.entry("maven", "m"),
            Map.entry("jvm", "j"),
            Map.entry("tool", "t"),
            Map.entry("python", "p"),
            Map.entry("shell", "b"),
            Map.entry("applications", "a"),
            Map.entry("servers", "e"));

    /** Letters of series, of which each log is a run of its own. */
    private static final Set<String> SERIES = Set.of("a", "e");

    /** What fails in some runs; of others there are ordinary runs only. */
    private static final Set<String> FAILING_KINDS = Set.of("cluster", "local", "kafka", "jvm", "maven");

    /** What a run is for. Of each kind of run the first goes to training, and then one in so many elsewhere. */
    private enum Part {
        TRAIN(Course.ORDINARY),
        /** Ordinary as well, and no model is trained on them. */
        HELDOUT(Course.ORDINARY),
        /** With failures, and no model is trained on them. */
        FAILING(Course.FAILING),
        SAMPLE(Course.FAILING);

        private final Course course;

        Part(Course course) {
            this.course = course;
        }

        String folder() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Part of(String kind, int count) {
            if (count % 9 == 3) {
                return HELDOUT;
            }
            if (!FAILING_KINDS.contains(kind)) {
                return TRAIN;
            }
            return count == 1 ? SAMPLE : count % 12 == 2 ? FAILING : TRAIN;
        }
    }

    private interface Scene {
        void play(LogRun run) throws Exception;
    }

    private final InstalledSpark spark = InstalledSpark.ofThisBuild();
    private final LogScrubber.Machine machine = LogScrubber.Machine.ofThis(spark.project());
    private final CorpusFiles files = new CorpusFiles(spark.project());
    private final Map<String, Integer> counts = new TreeMap<>();
    private Path folder;
    private long deadline;

    @Test
    void logsOfRealPrograms(@TempDir Path folder) throws Exception {
        this.folder = folder.toRealPath();
        long seed = Long.getLong("corpus.seed", new Random().nextLong());
        deadline = System.nanoTime()
                + Duration.ofMinutes(Integer.getInteger("corpus.minutes", 20)).toNanos();
        System.out.println("corpus: seed " + seed);
        files.clear();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try (KafkaBroker broker = KafkaBroker.start(folder)) {
            SinkstreamScenes sinkstream = new SinkstreamScenes(broker, folder.resolve("models"));
            SparkScenes applications = new SparkScenes(applicationJar(), sinkstream);
            Random random = new Random(seed);
            Map<String, Scene> scenes = Map.ofEntries(
                    Map.entry("cluster", applications::cluster),
                    Map.entry("local", applications::local),
                    Map.entry("history", applications::history),
                    Map.entry("kafka", ServerScenes::kafka),
                    Map.entry("zookeeper", ServerScenes::zooKeeper),
                    Map.entry("hdfs", ServerScenes::hdfs),
                    Map.entry("maven", MavenScenes::maven),
                    Map.entry("jvm", JvmScenes::jvm),
                    Map.entry("tool", ToolScenes::jdk),
                    Map.entry("python", ToolScenes::python),
                    Map.entry("shell", ToolScenes::shell),
                    Map.entry("applications", SeriesScenes::spark),
                    Map.entry("servers", SeriesScenes::servers));
            List<String> others = List.of(
                    "maven",
                    "jvm",
                    "cluster",
                    "python",
                    "tool",
                    "jvm",
                    "shell",
                    "history",
                    "maven",
                    "local",
                    "jvm",
                    "python",
                    "kafka",
                    "jvm",
                    "cluster",
                    "maven",
                    "tool",
                    "zookeeper",
                    "shell",
                    "hdfs");
            List<Future<Void>> played = threads.invokeAll(List.of(
                    play(random.nextLong(), List.of("applications"), scenes),
                    play(random.nextLong(), List.of("servers", "applications"), scenes),
                    play(random.nextLong(), others, scenes)));
            for (Future<Void> one : played) {
                one.get();
            }
            files.writeDocuments(Part.TRAIN.folder());
            // So that the sample has these failures whatever was drawn.
            List<Scene> failures = new ArrayList<>(List.of(
                    JvmScenes::fullHeap,
                    sinkstream::vanishingTopic,
                    applications::killedExecutor,
                    applications::fullDisk));
            SparkScenes.UNSEEN.forEach(failure -> failures.add(run -> applications.unseen(run, failure)));
            for (int i = 0; i < failures.size(); i++) {
                play(failures.get(i), "s%03d".formatted(i), Part.SAMPLE, random.nextLong());
            }
        } finally {
            threads.shutdownNow();
        }
        files.chooseSamples(Part.SAMPLE.folder());
        files.tell();
        files.check(machine);
    }

    /** Plays scenes in turn until the time is over. */
    private Callable<Void> play(long seed, List<String> order, Map<String, Scene> scenes) {
        return () -> {
            Random random = new Random(seed);
            for (int i = 0; System.nanoTime() < deadline; i++) {
                String kind = order.get(i % order.size());
                int count = count(kind);
                String name = "%s%03d".formatted(LETTERS.get(kind), count);
                play(scenes.get(kind), name, Part.of(kind, count), random.nextLong());
            }
            return null;
        };
    }

    private void play(Scene scene, String name, Part part, long seed) throws IOException, InterruptedException {
        Path work = folder.resolve(name);
        try (LogRun run = new LogRun(spark, name, work, part.course, seed)) {
            boolean hasPlayed = true;
            try {
                scene.play(run);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                // What was logged until then is as good as any, but no ordinary run's.
                System.out.println("corpus: " + name + ": " + e);
                hasPlayed = false;
            }
            Map<String, LogLines> lines = run.lines();
            boolean isAsWanted = hasPlayed && run.endedWell();
            if (SERIES.contains(name.substring(0, 1))) {
                // Each log is a run of its own.
                for (Map.Entry<String, LogLines> log : lines.entrySet()) {
                    write(part, log.getKey(), run, Map.of(log.getKey(), log.getValue()), isAsWanted, seed);
                }
            } else {
                write(part, name, run, lines, isAsWanted, seed);
            }
        }
        delete(work);
    }

    private void write(Part part, String name, LogRun run, Map<String, LogLines> lines, boolean isAsWanted, long seed)
            throws IOException {
        boolean isOrdinary = isAsWanted && isCalm(name, lines);
        write(run.isOrdinary() && !isOrdinary ? Part.FAILING : part, name, run.folder(), lines, new Random(seed));
    }

    /** Whether no line of any log is marked. */
    private static boolean isCalm(String name, Map<String, LogLines> logs) {
        for (Map.Entry<String, LogLines> log : logs.entrySet()) {
            boolean[] odd = log.getValue().odd();
            for (int i = 0; i < odd.length; i++) {
                if (odd[i]) {
                    String line = log.getValue().lines().get(i);
                    System.out.println("corpus: " + log.getKey() + " of " + name + " is marked: "
                            + line.substring(0, Math.min(300, line.length())));
                    return false;
                }
            }
        }
        return true;
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

    private synchronized void write(Part part, String file, Path work, Map<String, LogLines> logs, Random random)
            throws IOException {
        Map<Path, String> folders = new LinkedHashMap<>();
        folders.put(work.resolve("sinkstream"), LogScrubber.project());
        folders.put(work, "");
        folders.put(folder, "");
        LogScrubber scrubber = new LogScrubber(machine, folders, random);
        Map<String, LogLines> all = new LinkedHashMap<>();
        logs.forEach((key, lines) -> {
            LogLines scrubbed =
                    new LogLines(lines.lines().stream().map(scrubber::scrub).toList());
            if (!scrubbed.lines().isEmpty()) {
                all.put(key, CorpusFiles.cut(key, scrubbed));
            }
        });
        files.write(part.folder(), file, all);
    }

    /** Of the application that is no part of sinkstream. */
    private Path applicationJar() throws IOException {
        Path jar = folder.resolve("reports-1.4.jar");
        Path classes = JvmScenes.classes();
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes.resolve("io/sinkstream"), 2)) {
            for (Path one : all.filter(
                            path -> path.toString()
                                    .matches(
                                            ".*/(corpus/(NoisySpark|JobData|OrdinaryJobs|FailingJobs)|harness/InstalledSpark)\\b.*"))
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
