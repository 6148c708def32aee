package io.sinkstream.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.InstalledSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What {@link LogCorpus} writes: folders of files of rows, a folder a part and a file a run. */
final class CorpusFiles {
    /** A program's log is no longer than so many lines; one with much detail, or of many equal lines, is shorter. */
    private static final Map<String, Integer> MOST_LINES = Map.ofEntries(
            Map.entry("maven", 2000),
            Map.entry("jvm-gc", 1200),
            Map.entry("jvm-classes", 250),
            Map.entry("sinkstream-state", 800),
            Map.entry("jvm-churn", 500),
            Map.entry("jvm-sort", 500),
            Map.entry("jvm-text", 500),
            Map.entry("jvm-threads", 500),
            Map.entry("jvm-idle", 300),
            Map.entry("jvm-jcmd", 300),
            Map.entry("jdk-jar", 150),
            Map.entry("jdk-javac", 300),
            Map.entry("jdk-jdeps", 150),
            Map.entry("jdk-java", 200),
            Map.entry("jdk-javap", 120),
            Map.entry("python-imports", 150));

    private static final int MOST_LINES_OF_OTHERS = 2500;
    private static final int MOST_DEBUG_LINES = 1200;
    private static final int SAMPLE_LINES = 260;

    private final Path project;
    private final Path corpus;
    private final Map<String, long[]> sizes = new TreeMap<>();

    /** Of this checkout. */
    CorpusFiles(Path project) {
        this.project = project;
        this.corpus = project.resolve("job/target/corpus");
    }

    /** Deletes what an earlier run wrote. */
    void clear() throws IOException {
        InstalledSpark.deleteUnder(Files.createDirectories(corpus), Files::isRegularFile);
    }

    /** As many lines as its program's logs have. */
    static LogLines cut(String key, LogLines lines) {
        return lines.cut(most(key, lines));
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

    /** Writes the logs of a run. */
    void write(String part, String name, Map<String, LogLines> all) throws IOException {
        List<String> rows = new ArrayList<>();
        for (Map.Entry<String, LogLines> log : all.entrySet()) {
            boolean[] odd = log.getValue().odd();
            long bytes = 0;
            for (int seq = 0; seq < odd.length; seq++) {
                String text = log.getValue().lines().get(seq);
                rows.add(row(log.getKey(), seq, text, odd[seq]));
                bytes += text.getBytes(StandardCharsets.UTF_8).length + 1;
            }
            long[] size = sizes.computeIfAbsent(part + " " + program(log.getKey()), any -> new long[3]);
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

    private Path folder(String part) throws IOException {
        return Files.createDirectories(corpus.resolve(part));
    }

    /** The project's own texts: what people write about programs, without what stands in fences. */
    void writeDocuments(String part) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String name :
                List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "job/RATIONALE.md", "udfs/RATIONALE.md")) {
            files.add(project.resolve(name));
        }
        try (Stream<Path> documents = Files.list(project.resolve("docs"))) {
            documents.filter(file -> file.toString().endsWith(".md")).sorted().forEach(files::add);
        }
        Map<String, LogLines> all = new LinkedHashMap<>();
        for (Path file : files) {
            List<String> lines = new ArrayList<>();
            boolean isFenced = false;
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith("```")) {
                    isFenced = !isFenced;
                } else if (!isFenced) {
                    lines.add(line);
                }
            }
            all.put("doc-" + project.relativize(file).toString().replace('/', '-'), new LogLines(lines));
        }
        write(part, "documents", all);
    }

    /** Of each program's logs in the sample the one that has a failure after the longest calm, around that. */
    void chooseSamples(String part) throws IOException {
        Map<String, String> best = new TreeMap<>();
        Map<String, LogLines> logs = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder(part))) {
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

    /** Prints and keeps how much there is of each program. */
    void tell() throws IOException {
        List<String> lines = new ArrayList<>();
        sizes.forEach((what, size) -> lines.add(
                String.format(Locale.ROOT, "%-32s %5d logs %,9d lines %,12d bytes", what, size[0], size[1], size[2])));
        lines.forEach(System.out::println);
        Files.write(corpus.resolve("sizes.txt"), lines);
    }

    /** Nothing of what is written tells of this machine. */
    void check(LogScrubber.Machine machine) throws IOException {
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
}
