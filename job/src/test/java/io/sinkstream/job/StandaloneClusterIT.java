package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Driver;
import io.sinkstream.harness.GatedFileSystem.Gate;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.OtherFileSystem;
import io.sinkstream.harness.SqlProgram;
import io.sinkstream.harness.StandaloneCluster;
import io.sinkstream.testing.Processor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shaded jar on a cluster: the driver, the master, two workers and two executors are JVMs of their own. */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StandaloneClusterIT {
    private static final Pattern CORES = Pattern.compile("\"--cores\" \"(\\d+)\"");
    private static final Pattern THREADS = Pattern.compile("a pass takes (\\d+) threads, of ");

    private Path folder;
    private SmallRun run;
    private StandaloneCluster cluster;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        this.folder = folder;
        run = SmallRun.write(folder);
        cluster = StandaloneCluster.start(InstalledSpark.ofThisBuild(), 2);
    }

    @AfterAll
    void close() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void scores() throws Exception {
        Path output = folder.resolve("scored");

        requireScores("cluster-scores", cluster.conf("cluster.conf"), run.score(run.model(), output), output);
    }

    /** The rows' numbers come of a command with the options of such a file. */
    private void requireScores(String name, String properties, List<String> command, Path output) throws Exception {
        // The workers have a core each, and less memory than an executor of the file's.
        List<String> options = List.of(
                "--properties-file",
                properties,
                "--conf",
                "spark.executor.cores=1",
                "--conf",
                "spark.executorEnv.OMP_NUM_THREADS=1",
                "--conf",
                "spark.sinkstream.cache.memory=100m");

        Driver.Ended ended = cluster.submit(name, folder, options, command);

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        run.check(output);
    }

    /** Two executors of one machine, here with a folder of caches of their own; no other setting, and no variable of threads. */
    @Test
    void aModelOfAnotherFileSystemWithoutAnyConf() throws Exception {
        Path output = folder.resolve("copied");
        Path caches = Files.createDirectory(folder.resolve("caches"));
        Instant start = Instant.now();
        List<String> options = new ArrayList<>(OtherFileSystem.options());
        options.addAll(List.of("--conf", "spark.executorEnv.XDG_CACHE_HOME=" + caches));

        Driver.Ended ended =
                cluster.submit("cluster-copies", folder, options, run.score(Path.of("other:" + run.model()), output));

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        run.check(output);
        try (Stream<Path> copies = Files.list(caches.resolve("sinkstream/models"))) {
            assertThat(copies.map(copy -> copy.getFileName().toString()).filter(name -> !name.equals(".locks")))
                    .singleElement()
                    .asString()
                    .matches("[0-9a-f]{64}");
        }
        List<String> logs = cluster.logsSince(start);
        assertThat(logs)
                .filteredOn(log -> log.contains("other:" + run.model() + ": all "))
                .hasSize(1);
        // As many as cores were granted, whatever the machine has.
        assertThat(logs)
                .filteredOn(log -> THREADS.matcher(log).find())
                .isNotEmpty()
                .allMatch(log -> number(CORES, log).equals(number(THREADS, log)));
    }

    private static String number(Pattern pattern, String log) {
        Matcher matcher = pattern.matcher(log);
        return matcher.find() ? matcher.group(1) : "none";
    }

    /**
     * The file for GPUs, as far as a machine without one can: Spark gives executors one each, which a script finds, and tasks their
     * shares; the model runs on the processor.
     */
    @Test
    void scoresWhereGpusAreScheduled() throws Exception {
        Path output = folder.resolve("scored-by-gpus");
        // A CUDA libtorch is not here.
        Path conf = Files.write(
                folder.resolve("gpu.conf"),
                Files.readAllLines(Path.of(cluster.conf("gpu.conf"))).stream()
                        .filter(line -> !line.startsWith("spark.executorEnv.PYTORCH_"))
                        .toList());
        List<String> command = new ArrayList<>(run.score(run.model(), output));
        command.addAll(List.of("--device", "cpu"));

        requireScores("cluster-gpus", conf.toString(), command, output);
    }

    /** The file for streams. */
    @Test
    void scoresAStream() throws Exception {
        Path output = folder.resolve("streamed");

        requireScores("cluster-stream", cluster.conf("streaming.conf"), run.streamScore(output), output);
    }

    @Test
    void sqlFunctionsAndASavedPipeline() throws Exception {
        Path results = folder.resolve("sql");

        Driver.Ended ended =
                cluster.submitProgram("cluster-sql", folder, run.sql(), SqlProgram.class, run.program(results));

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        run.checkProgram(results);
    }

    /**
     * The path is the same on the driver and on the executors, and leads each to its own working directory: only the
     * driver's has the model.
     */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aModelThatTheExecutorsDoNotHave() throws Exception {
        Path model = Path.of("/proc/self/cwd").resolve(folder.relativize(run.model()));
        Path output = folder.resolve("never");

        Driver.Ended ended = cluster.submit("cluster-model", folder, List.of(), run.score(model, output));

        assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(1);
        assertThat(ended.said()).last().asString().contains(model.toString());
    }

    /** Nothing that was done before is left then: neither results nor what was shuffled. The numbers are the same, some to the last bit. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void anExecutorAndAWorkerAreKilledInMidRun() throws Exception {
        Path output = folder.resolve("killed");
        Gate gate = Gate.closed(folder.resolve("gate"));
        List<String> command = exactly(run.score(run.model(), output));

        Driver.Ended ended;
        try (Driver driver = cluster.launch("cluster-kill", folder, gate.options(), command)) {
            driver.until("each worker has an executor", () -> cluster.workers().stream()
                    .noneMatch(worker -> worker.executors().isEmpty()));
            driver.until("an executor has results", () -> gate.waiting().isPresent());
            StandaloneCluster.Worker scoring = workerOf(gate.waiting().orElseThrow());
            scoring.executors().forEach(StandaloneCluster.Executor::kill);
            StandaloneCluster.Worker other = cluster.workers().stream()
                    .filter(worker -> worker != scoring)
                    .findFirst()
                    .orElseThrow();
            other.kill();
            gate.open();
            cluster.addWorker(2);
            ended = driver.await();
        }

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        assertThat(ended.stderr()).contains("Lost executor 0", "Lost executor 1");
        run.check(output);
        if (Processor.givesSameBits()) {
            try {
                Path calm = folder.resolve("scored-in-calm");
                Command.run(exactly(run.score(run.model(), calm)).toArray(String[]::new))
                        .succeeded();
                assertThat(rows(output)).hasSize(15).isEqualTo(rows(calm));
            } finally {
                Command.spark().stop();
            }
        }
    }

    /** To the last bit, where the processor gives that. */
    private static List<String> exactly(List<String> command) {
        List<String> line = new ArrayList<>(command);
        if (Processor.givesSameBits()) {
            line.add("--deterministic");
        }
        return line;
    }

    private static List<Row> rows(Path output) {
        return Command.spark()
                .read()
                .parquet(output.toString())
                .sort("key", "seq")
                .collectAsList();
    }

    /** What was drawn before the kill is drawn again: the same, as in a run that nothing happened to. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void whatIsDrawnByChanceIsTheSameAfterAKill() throws Exception {
        Path output = folder.resolve("drawn");
        Gate gate = Gate.closed(folder.resolve("gate-of-chance"));

        Driver.Ended ended;
        try (Driver driver = cluster.launch("cluster-chance", folder, gate.options(), run.generate(output))) {
            driver.until("an executor has results", () -> gate.waiting().isPresent());
            workerOf(gate.waiting().orElseThrow()).executors().forEach(StandaloneCluster.Executor::kill);
            gate.open();
            ended = driver.await();
        }

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        assertThat(ended.stderr()).contains("Lost executor");
        try {
            Path calm = folder.resolve("drawn-in-calm");
            Command.run(run.generate(calm).toArray(String[]::new)).succeeded();
            assertThat(continuations(output))
                    .hasSize(15)
                    .doesNotHaveDuplicates()
                    .isEqualTo(continuations(calm));
        } finally {
            Command.spark().stop();
        }
    }

    private static List<String> continuations(Path output) {
        return rows(output).stream()
                .map(row -> row.getAs("key")
                        + " "
                        + row.getAs("seq")
                        + row.getAs("continuation_tokens")
                        + row.getAs("stream_tokens")
                        + row.getAs("error"))
                .toList();
    }

    private StandaloneCluster.Worker workerOf(long executor) {
        return cluster.workers().stream()
                .filter(worker -> worker.executors().stream()
                        .anyMatch(one -> one.process().pid() == executor))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aDriverIsKilled() throws Exception {
        Path output = folder.resolve("half");

        try (Driver driver = cluster.launch("cluster-driver", folder, List.of(), run.score(run.model(), output))) {
            driver.until("there are executors", () -> !cluster.executors().isEmpty());
            driver.kill();
        }

        cluster.awaitNoExecutors();
        assertThat(output.resolve("_SUCCESS")).doesNotExist();
    }
}
