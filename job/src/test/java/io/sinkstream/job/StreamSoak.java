package io.sinkstream.job;

import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.Kills;
import io.sinkstream.harness.PlacedKills;
import io.sinkstream.harness.PlacedKills.Kill;
import io.sinkstream.harness.PlacedKills.Output;
import io.sinkstream.harness.PlacedKills.Step;
import io.sinkstream.harness.StandaloneCluster;
import io.sinkstream.harness.Streams;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link Kills}, many of them: {@code mvn -B verify -Psoak -Dsoak.kills=20 -Dsoak.minutes=10}. No part of the ordinary build.
 * {@code -Dsoak.seed} repeats the draws of an earlier run, though not the machine's own timing.
 */
@Tag("soak")
final class StreamSoak {
    @Test
    void manyKillsCanNotBeToldFromTheScores(@TempDir Path folder) throws Exception {
        int kills = Integer.getInteger("soak.kills", 20);
        Duration shortest = Duration.ofMinutes(Integer.getInteger("soak.minutes", 10));
        long seed = Long.getLong("soak.seed", new Random().nextLong());
        System.out.println("soak: seed " + seed);

        Kills.Report report;
        InstalledSpark spark = InstalledSpark.ofThisBuild();
        try (KafkaBroker broker = KafkaBroker.start(folder);
                StandaloneCluster cluster = StandaloneCluster.start(spark, 2)) {
            Path model = Streams.model(folder.resolve("model"));
            report = new Kills(cluster, broker, model, folder.resolve("kills"))
                    .run(Kills.victims(kills, new Random(seed)), seed, shortest);
        }

        System.out.println("soak: " + report);
        Path file = spark.project().resolve("job/target/soak.txt");
        Files.writeString(file, "seed " + seed + "\n" + report + "\n", StandardCharsets.UTF_8);
    }

    /**
     * {@link PlacedKills}: the steps of a stream's beginning, and then each step of a micro-batch's life {@code
     * -Dsoak.rounds} times, for each command and output, in an order that is drawn; {@code -Dsoak.outputs} and
     * {@code -Dsoak.commands} name some of them.
     */
    @Test
    void aKillAtAnyStepCanNotBeToldFromTheResults(@TempDir Path folder) throws Exception {
        int rounds = Integer.getInteger("soak.rounds", 3);
        long seed = Long.getLong("soak.seed", new Random().nextLong());
        System.out.println("soak: seed " + seed);
        long start = System.nanoTime();
        List<Output> outputs = Stream.of(System.getProperty("soak.outputs", "PARQUET,JSON,KAFKA,OBJECTS")
                        .split(",", -1))
                .map(Output::valueOf)
                .toList();
        Path model = Streams.model(folder.resolve("model"));
        Map<String, PlacedKills> streams = new LinkedHashMap<>();
        Map<String, Future<List<Kill>>> killed = new LinkedHashMap<>();
        Map<String, List<Kill>> kills = new LinkedHashMap<>();
        ExecutorService threads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try (KafkaBroker broker = KafkaBroker.start(folder)) {
            for (String command :
                    System.getProperty("soak.commands", "score,generate").split(",", -1)) {
                for (Output output : outputs) {
                    String name = command + "-" + output;
                    Path home = Files.createDirectories(folder.resolve(name));
                    PlacedKills stream = new PlacedKills(command, output, broker, model, home);
                    Random random = new Random(seed + name.hashCode());
                    List<Step> steps = new ArrayList<>();
                    for (int i = 0; i < rounds; i++) {
                        steps.addAll(Step.of(output));
                    }
                    Collections.shuffle(steps, random);
                    steps.addAll(0, Step.ofBeginning(output));
                    streams.put(name, stream);
                    killed.put(name, threads.submit(() -> stream.kill(steps, random)));
                }
            }
            for (String name : streams.keySet()) {
                kills.put(name, killed.get(name).get());
                streams.get(name).assertNothingIsToBeSeen();
                System.out.println("soak: " + name + ": every row once, every number the same");
            }
        } finally {
            threads.shutdownNow();
        }
        String report = String.format(
                Locale.ROOT, "seed %d, %d s%n%s", seed, (System.nanoTime() - start) / 1_000_000_000, table(kills));
        System.out.println("soak: " + report);
        Files.writeString(Path.of(System.getProperty("project.root"), "job/target/placed-kills.txt"), report);
    }

    /** How often each step was hit, and in brackets how often of it while a micro-batch was done again. */
    private static String table(Map<String, List<Kill>> kills) {
        StringBuilder table = new StringBuilder(String.format("%-26s", ""));
        kills.keySet().forEach(name -> table.append(String.format("%18s", name)));
        for (Step step : Step.values()) {
            table.append(String.format("%n%-26s", step));
            for (List<Kill> stream : kills.values()) {
                List<Kill> those =
                        stream.stream().filter(kill -> kill.step() == step).toList();
                long again = those.stream().filter(Kill::isAgain).count();
                table.append(String.format("%18s", those.size() + " (" + again + ")"));
            }
        }
        return table.append("\n").toString();
    }
}
