package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.sinkstream.harness.Driver;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.KafkaBroker.Outgoing;
import io.sinkstream.harness.QueryLog;
import io.sinkstream.harness.QueryProgress;
import io.sinkstream.harness.StandaloneCluster;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What endless streams cost as they grow, in number and in length: {@code mvn -B verify -Pscale -Dscale.minutes=10}. No part
 * of the ordinary build. What it measured is in {@code job/target/scale.txt}.
 */
@Tag("scale")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamScale {
    private static final int PARTITIONS = 5;

    /** About two tokens each in the small model's vocabulary. */
    private static final String[] WORDS =
            "once upon a time there was little girl named Lily she loved to play outside in the park one day saw big red ball"
                    .split(" ");

    private static final int WORDS_PER_ROW = 5;

    @TempDir
    private Path folder;

    private InstalledSpark spark;
    private Path model;
    private Path report;

    @BeforeAll
    void start() throws IOException {
        spark = InstalledSpark.ofThisBuild();
        model = Shared.require("models/stories260K");
        report = spark.project().resolve("job/target/scale.txt");
        Files.deleteIfExists(report);
    }

    private void tell(String format, Object... values) throws IOException {
        String line = String.format(Locale.ROOT, format, values) + "\n";
        System.out.print(line);
        Files.writeString(report, line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private List<String> command(String... more) {
        List<String> command = new ArrayList<>(List.of("stream", "score", "--model", model.toString()));
        command.addAll(List.of("--attention-sink-window-size", "60"));
        command.addAll(List.of("--checkpoint", folder.resolve("checkpoint").toString()));
        command.addAll(List.of("--output", folder.resolve("scored").toString()));
        command.addAll(List.of(more));
        return command;
    }

    @Test
    void manyKeysKeepUp() throws Exception {
        int minutes = Integer.getInteger("scale.minutes", 10);
        int keys = Integer.getInteger("scale.keys", 50_000);
        int rowsPerSecond = Integer.getInteger("scale.rows", 1000);
        Path events = Files.createDirectories(folder.resolve("events"));
        Random random = new Random(1);
        AtomicInteger sent = new AtomicInteger();
        ScheduledExecutorService feed = Executors.newSingleThreadScheduledExecutor();
        try (KafkaBroker broker = KafkaBroker.start(folder);
                StandaloneCluster cluster = StandaloneCluster.start(spark, 2)) {
            broker.createTopic("many", PARTITIONS);
            List<String> options = new ArrayList<>(QueryProgress.logged(events));
            List<String> command = command("--format", "kafka", "--partitions", "" + PARTITIONS);
            for (String option : List.of(
                    "kafka.bootstrap.servers=" + broker.servers(), "subscribe=many", "startingOffsets=earliest")) {
                command.addAll(List.of("--option", option));
            }
            Driver.Ended ended;
            try (Driver driver = cluster.launch("scale", folder, options, command)) {
                QueryLog log = new QueryLog(folder.resolve("checkpoint"));
                driver.until("the query runs", () -> Files.exists(log.checkpoint()));
                var sending = feed.scheduleAtFixedRate(
                        () -> {
                            List<Outgoing> rows = new ArrayList<>(rowsPerSecond);
                            for (int i = 0; i < rowsPerSecond; i++) {
                                rows.add(new Outgoing("k" + random.nextInt(keys), text(random, WORDS_PER_ROW)));
                            }
                            broker.send("many", rows);
                            sent.addAndGet(rows.size());
                        },
                        0,
                        1,
                        TimeUnit.SECONDS);
                for (int minute = 1; minute <= minutes; minute++) {
                    driver.run(Duration.ofMinutes(1));
                    tell(
                            "minute %d: %,d rows sent, resident memory of the executors %s MiB",
                            minute, sent.get(), residentMiB(cluster));
                    assertThat(sending.isDone()).as("the feed failed").isFalse();
                }
                ended = driver.terminate();
            } finally {
                feed.shutdownNow();
            }
            assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        }

        List<QueryProgress> all = QueryProgress.read(events);
        int parts = 10;
        for (int part = 0; part < Math.min(parts, all.size()); part++) {
            tellOf(all.subList(all.size() * part / parts, all.size() * (part + 1) / parts));
        }
        QueryProgress last = all.get(all.size() - 1);
        tell(
                "state: %,d entries, %,d bytes of SST files, %,d bytes in memory",
                last.state("numRowsTotal"), last.rocks("rocksdbSstFileSize"), last.state("memoryUsedBytes"));
    }

    /** One line for successive micro-batches: their means. */
    private void tellOf(List<QueryProgress> some) throws IOException {
        if (some.isEmpty()) {
            return;
        }
        long millis =
                some.stream().mapToLong(each -> each.millis("triggerExecution")).sum();
        long tokens = some.stream().mapToLong(each -> each.observed("tokens")).sum();
        QueryProgress last = some.get(some.size() - 1);
        tell(
                "%d micro-batches of %.0f rows, %.0f ms (addBatch %.0f, latestOffset %.0f, walCommit %.0f, commitOffsets"
                        + " %.0f, queryPlanning %.0f; state: updates %.0f, commit %.0f, all tasks together), %,.0f"
                        + " tokens/s, backlog %,d rows, rebuilds %,d",
                some.size(),
                mean(some, QueryProgress::rows),
                millis / (double) some.size(),
                mean(some, each -> each.millis("addBatch")),
                mean(some, each -> each.millis("latestOffset")),
                mean(some, each -> each.millis("walCommit")),
                mean(some, each -> each.millis("commitOffsets")),
                mean(some, each -> each.millis("queryPlanning")),
                mean(some, each -> each.state("allUpdatesTimeMs")),
                mean(some, each -> each.state("commitTimeMs")),
                tokens * 1e3 / millis,
                last.backlog(),
                some.stream().mapToLong(each -> each.observed("cache_rebuilds")).sum());
    }

    private static double mean(List<QueryProgress> all, ToLongFunction<QueryProgress> number) {
        return all.stream().mapToLong(number).average().orElseThrow();
    }

    private static List<Long> residentMiB(StandaloneCluster cluster) {
        return cluster.executors().stream()
                .map(executor -> Path.of("/proc", "" + executor.process().pid(), "status"))
                .map(StreamScale::residentMiB)
                .toList();
    }

    private static long residentMiB(Path status) {
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .findFirst()
                            .orElseThrow()
                    / 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Random random, int words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString();
    }

    /** What a micro-batch of a long stream costs depends on what is new in it, and not on how long the stream is. */
    @Test
    void aLongStreamCostsNoMoreThanAShortOne() throws Exception {
        int batches = Integer.getInteger("scale.batches", 300);
        longStream(10, batches);
        longStream(100, batches);
        longStream(1000, batches);
        // Few files for many tokens: what Spark's source and sink of files do grows with the number of files.
        longStream(10_000, Integer.getInteger("scale.tokens", 1_000_000) / 10_000);
    }

    /** Scores a row of so many ids in each micro-batch. */
    private void longStream(int tokens, int batches) throws Exception {
        Random random = new Random(tokens);
        Path in = folder.resolve("long-" + tokens);
        GrowingFolder growing = new GrowingFolder(in.resolve("in"));
        for (int seq = 0; seq < batches; seq++) {
            JsonObject row = new JsonObject();
            row.addProperty("key", "k");
            row.addProperty("seq", seq);
            row.add("ids", new Gson().toJsonTree(random.ints(tokens, 3, 512).toArray()));
            growing.add(List.of(row), 1);
        }
        Path events = Files.createDirectories(in.resolve("events"));
        List<String> options = new ArrayList<>(List.of("--master", "local[2]"));
        options.addAll(QueryProgress.logged(events));
        List<String> command =
                command("--format", "json", "--input", in.resolve("in").toString());
        command.addAll(List.of("--schema", "key STRING, seq BIGINT, ids ARRAY<INT>", "--key", "key", "--order", "seq"));
        command.addAll(List.of("--tokens", "ids", "--partitions", "1", "--trigger", "available-now"));
        command.addAll(List.of("--option", "maxFilesPerTrigger=1"));
        // Beside the others' checkpoint and output.
        command.replaceAll(word -> word.startsWith(folder.toString()) && !word.startsWith(in.toString())
                ? in.resolve(folder.relativize(Path.of(word))).toString()
                : word);

        Driver.Ended ended;
        try (Driver driver = spark.launch("scale-" + tokens, in, options, command)) {
            ended = driver.await(Duration.ofSeconds(120 + batches + (long) batches * tokens / 500));
        }

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        List<QueryProgress> all = QueryProgress.read(events);
        assertThat(all).hasSize(batches);
        tell("one stream, %d micro-batches of %d tokens:", batches, tokens);
        for (int part = 1; part < 6; part++) {
            // The first sixth is the JVM's warming up.
            List<QueryProgress> some = all.subList(batches * part / 6, batches * (part + 1) / 6);
            long[] millis = some.stream()
                    .mapToLong(each -> each.millis("triggerExecution"))
                    .sorted()
                    .toArray();
            long[] updates = some.stream()
                    .mapToLong(each -> each.state("allUpdatesTimeMs"))
                    .sorted()
                    .toArray();
            tell(
                    "  to token %,d: median %d ms a micro-batch, of it %d ms in our operator",
                    (long) tokens * batches * (part + 1) / 6, millis[millis.length / 2], updates[updates.length / 2]);
        }
        double written = mean(all, each -> each.rocks("rocksdbTotalBytesWritten"));
        tell("  %,.0f bytes of state a micro-batch, %.1f a token", written, written / tokens);
        try (Stream<Path> files = Files.walk(in.resolve("checkpoint/state"))) {
            LongSummaryStatistics sizes = files.filter(
                            file -> file.getFileName().toString().matches("[^.].*\\.changelog"))
                    .mapToLong(file -> file.toFile().length())
                    .summaryStatistics();
            // Spark's format adds the names of all changes since the last snapshot, which is made once a minute.
            tell(
                    "  files of changes: %,d bytes at the least, %,.0f in the mean, %,d at the most",
                    sizes.getMin(), sizes.getAverage(), sizes.getMax());
        }
    }
}
