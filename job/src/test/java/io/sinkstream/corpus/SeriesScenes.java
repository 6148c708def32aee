package io.sinkstream.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Ordinary programs in one JVM for {@link LogCorpus}, by {@link NoisySeries}. Each log is a run of its own. */
final class SeriesScenes {
    private static final Duration PATIENCE = Duration.ofMinutes(20);

    private SeriesScenes() {}

    /** Applications of Spark. */
    static void spark(LogRun run) throws Exception {
        play(run, "spark-driver", run.between(4, 8), i -> {
            List<String> line = new ArrayList<>(List.of("spark", settings(run, i)));
            List<String> kinds = new ArrayList<>();
            for (int jobs = run.between(4, 18); jobs > 0; jobs--) {
                kinds.add(run.drawn(OrdinaryJobs.KINDS));
            }
            line.addAll(List.of(
                    run.folder().resolve("data-" + i).toString(),
                    "" + run.random().nextLong(),
                    "" + kinds.size()));
            line.addAll(kinds);
            return line;
        });
    }

    private static String settings(LogRun run, int number) {
        List<String> settings = new ArrayList<>(List.of(
                "spark.master=local[" + run.between(1, 4) + "]",
                "spark.app.name=" + run.drawn(SparkScenes.APPLICATIONS),
                "spark.ui.enabled=" + (run.random().nextInt(4) == 0),
                "spark.sql.shuffle.partitions=" + run.between(4, 48),
                "spark.sql.adaptive.enabled=" + run.random().nextBoolean(),
                // The folder of a query that has ended is gone, and Spark warns of a state there that it looks after.
                "spark.sql.streaming.stateStore.maintenanceInterval=1h",
                "spark.driver.host=127.0.0.2",
                "spark.driver.bindAddress=127.0.0.2",
                "spark.local.dir=" + run.folder().resolve("local"),
                "spark.sql.warehouse.dir=" + run.folder().resolve("warehouse-" + number)));
        if (run.random().nextInt(3) == 0) {
            settings.add("spark.shuffle.spill.numElementsForceSpillThreshold=" + run.between(500, 3000));
        }
        return String.join(",", settings);
    }

    /** Servers of three programs. */
    static void servers(LogRun run) throws Exception {
        List<String> all = List.of("kafka", "zookeeper", "hdfs");
        for (String server : all) {
            play(run, server, run.between(2, 4), i -> {
                Path folder = Files.createDirectories(run.folder().resolve(server + "-" + i));
                List<String> line = new ArrayList<>(
                        List.of(server, folder.toString(), "" + run.random().nextLong(), "" + run.between(10, 40)));
                if (server.equals("kafka")) {
                    line.add("" + NoisyKafka.ORDINARY);
                }
                return line;
            });
        }
    }

    private interface Programs {
        List<String> line(int number) throws IOException;
    }

    private static void play(LogRun run, String program, int count, Programs programs) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Path log = run.log(program);
            String level = run.configs().drawnLevel();
            Path config = program.equals("spark-driver")
                    ? run.configs().spark(level, log)
                    : run.configs().server(level, log);
            List<String> line = new ArrayList<>(List.of(config.toString(), log.toString()));
            line.addAll(programs.line(i));
            lines.add(String.join("\t", line));
        }
        List<String> line = run.jvm(run.drawnJvmOptions());
        line.addAll(List.of("-Xmx1g", "-Duser.name=spark", "-cp", System.getProperty("java.class.path")));
        line.add("-Djava.io.tmpdir=" + Files.createDirectories(run.folder().resolve("tmp")));
        line.addAll(run.spark().opens());
        line.add(NoisySeries.class.getName());
        line.add(Files.write(run.folder().resolve(program + ".series"), lines).toString());
        Map<String, String> environment =
                run.sparkEnvironment(2, run.folder().resolve("local").toString());
        LogRun.end(run.program("series", run.folder(), environment, line), PATIENCE);
    }
}
