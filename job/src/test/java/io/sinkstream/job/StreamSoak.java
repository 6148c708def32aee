package io.sinkstream.job;

import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.Kills;
import io.sinkstream.harness.StandaloneCluster;
import io.sinkstream.harness.Streams;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
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
}
