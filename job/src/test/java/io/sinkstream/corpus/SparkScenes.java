package io.sinkstream.corpus;

import io.sinkstream.harness.InstalledSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Applications of Spark for {@link LogCorpus}, on a cluster and without one, and what is killed while they run. */
final class SparkScenes {
    private static final List<String> BAD = List.of(
            "missing",
            "column",
            "syntax",
            "table",
            "udf",
            "null",
            "divide",
            "cast",
            "exists",
            "corrupt",
            "malformed",
            "vanish",
            "denied",
            "collect");

    /** What no other scene has. */
    static final List<String> UNSEEN = List.of("serialize", "pattern", "overflow");

    static final List<String> APPLICATIONS = List.of(
            "nightly-report",
            "orders-etl",
            "sessionize",
            "feature-build",
            "ingest",
            "Daily Rollup",
            "backfill",
            "quality-check",
            "JoinUsers",
            "fraud-scores",
            "compact-logs",
            "hourly_agg");

    private final Path applicationJar;
    private final SinkstreamScenes sinkstream;

    /**
     * Scenes of these applications.
     *
     * @param applicationJar has {@link NoisySpark}; the caller's
     * @param sinkstream some of them are this project's own
     */
    SparkScenes(Path applicationJar, SinkstreamScenes sinkstream) {
        this.applicationJar = applicationJar;
        this.sinkstream = sinkstream;
    }

    /** A cluster of a master and two workers, applications on it, and in a failing run what is killed meanwhile. */
    void cluster(LogRun run) throws Exception {
        onCluster(run, (url, masterLog, workers) -> {
            for (int i = 0; i < (run.isOrdinary() ? 2 : 3); i++) {
                application(run, url, masterLog, workers, i);
            }
        });
    }

    /** An application on a cluster, one of whose executors is killed while tasks run. */
    void killedExecutor(LogRun run) throws Exception {
        onCluster(run, (url, masterLog, workers) -> {
            Process driver = jobs(run, onThis(run, url), 12);
            Path log = run.last();
            LogRun.await(driver, LogRun.PATIENCE, () -> LogRun.has(log, "Finished task", 100));
            run.drawn(workers).descendants().forEach(LogRun::kill);
            LogRun.end(driver, LogRun.APPLICATION);
        });
    }

    /** What is done with a cluster that is up. */
    private interface Applications {
        void run(String url, Path masterLog, List<Process> workers) throws Exception;
    }

    private static void onCluster(LogRun run, Applications applications) throws Exception {
        int port = LogRun.freePort();
        String url = "spark://127.0.0.5:" + port;
        String level = run.random().nextInt(8) == 0 ? "debug" : "info";
        Process master = run.spark(
                "spark-master",
                5,
                run.configs().spark(level),
                "org.apache.spark.deploy.master.Master",
                List.of("--host", "127.0.0.5", "--port", "" + port, "--webui-port", "" + LogRun.freePort()));
        Path masterLog = run.last();
        if (!LogRun.await(master, LogRun.PATIENCE, () -> LogRun.has(masterLog, "New state: ALIVE", 1))) {
            return;
        }
        List<Process> workers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            addWorker(run, url, workers);
        }
        LogRun.await(master, LogRun.PATIENCE, () -> LogRun.has(masterLog, "Registering worker", 2));
        applications.run(url, masterLog, workers);
        for (Process process : workers) {
            process.destroy();
            LogRun.end(process, LogRun.PATIENCE);
        }
        master.destroy();
        LogRun.end(master, LogRun.PATIENCE);
    }

    private static void addWorker(LogRun run, String url, List<Process> workers) throws IOException {
        int address = 11 + run.random().nextInt(20);
        workers.add(run.spark(
                "spark-worker",
                address,
                run.configs().spark(run.random().nextInt(8) == 0 ? "debug" : "info"),
                "org.apache.spark.deploy.worker.Worker",
                List.of(
                        "--host",
                        "127.0.0." + address,
                        "--cores",
                        "" + run.between(1, 2),
                        "--memory",
                        "2g",
                        "--webui-port",
                        "0",
                        "--work-dir",
                        Files.createDirectories(run.folder().resolve("worker-" + run.between(1000, 9999)))
                                .toString(),
                        url)));
    }

    private void application(LogRun run, String url, Path masterLog, List<Process> workers, int number)
            throws Exception {
        List<String> options = onThis(run, url);
        Process driver = run.random().nextInt(5) < 2
                ? sinkstream.command(run, options, number)
                : jobs(run, options, run.between(3, 10));
        int started = number + 1;
        if (!run.isOrdinary() && run.random().nextInt(3) > 0) {
            LogRun.await(driver, LogRun.PATIENCE, () -> LogRun.has(masterLog, "Launching executor", started));
            // Between the executor's start and the application's end.
            if (!driver.waitFor(run.between(2000, 12_000), TimeUnit.MILLISECONDS)) {
                kill(run, url, driver, workers);
            }
        }
        LogRun.end(driver, LogRun.APPLICATION);
    }

    /** Options of spark-submit to that cluster. */
    private static List<String> onThis(LogRun run, String url) throws IOException {
        List<String> options = new ArrayList<>(List.of("--master", url, "--conf", "spark.driver.host=127.0.0.2"));
        options.addAll(List.of("--conf", "spark.executor.memory=" + run.between(600, 900) + "m"));
        options.addAll(List.of("--conf", "spark.files.useFetchCache=false"));
        String logging = "-Dlog4j2.configurationFile="
                + run.configs().spark(run.configs().drawnLevel());
        String collector = String.join(" ", InstalledSpark.SHORT_LIVED);
        options.addAll(List.of(
                "--conf",
                "spark.executor.extraJavaOptions=" + logging + " " + run.zoneOption() + " -Duser.name=spark "
                        + collector));
        return options;
    }

    private static void kill(LogRun run, String url, Process driver, List<Process> workers) throws Exception {
        Process worker = run.drawn(workers);
        switch (run.random().nextInt(5)) {
            case 0, 1, 2 -> worker.descendants().forEach(LogRun::kill);
            case 3 -> {
                LogRun.kill(worker.toHandle());
                workers.remove(worker);
                addWorker(run, url, workers);
            }
            default -> LogRun.kill(driver.toHandle());
        }
    }

    /** One application in one JVM. */
    void local(LogRun run) throws Exception {
        List<String> options = new ArrayList<>(List.of("--master", "local[" + run.between(1, 4) + "]"));
        Process driver = run.random().nextInt(3) == 0
                ? sinkstream.command(run, options, 0)
                : jobs(run, options, run.between(5, 25));
        LogRun.end(driver, LogRun.APPLICATION);
    }

    /** One application in one JVM that goes well for a while, until one job fails in that way. */
    void unseen(LogRun run, String failure) throws Exception {
        List<String> kinds = new ArrayList<>();
        for (int i = run.between(6, 9); i > 0; i--) {
            kinds.add(run.drawn(OrdinaryJobs.KINDS));
        }
        kinds.add(failure);
        kinds.add(run.drawn(OrdinaryJobs.KINDS));
        LogRun.end(jobs(run, new ArrayList<>(List.of("--master", "local[2]")), kinds, "info"), LogRun.APPLICATION);
    }

    private List<String> submit(LogRun run, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("--name", run.drawn(APPLICATIONS)));
        if (run.random().nextInt(4) > 0) {
            arguments.addAll(List.of("--conf", "spark.ui.enabled=false"));
        }
        arguments.addAll(options);
        return arguments;
    }

    /** One application of so many jobs that succeed, and in a failing run a few that fail. */
    private Process jobs(LogRun run, List<String> options, int good) throws IOException {
        List<String> kinds = new ArrayList<>();
        for (int i = 0; i < good; i++) {
            kinds.add(run.drawn(OrdinaryJobs.KINDS));
        }
        if (!run.isOrdinary()) {
            for (int i = run.random().nextInt(3 + good / 8); i > 0; i--) {
                kinds.add(run.drawn(BAD));
            }
            Collections.shuffle(kinds, run.random());
            if (run.random().nextInt(8) == 0) {
                kinds.add("die");
            }
            if (run.random().nextInt(12) == 0) {
                kinds.add("exit");
            }
        }
        return jobs(run, options, kinds, run.configs().drawnLevel());
    }

    /** One application of jobs of these kinds in turn. */
    private Process jobs(LogRun run, List<String> options, List<String> kinds, String level) throws IOException {
        List<String> arguments = submit(run, options);
        arguments.addAll(List.of("--conf", "spark.sql.shuffle.partitions=" + run.between(4, 48)));
        arguments.addAll(
                List.of("--conf", "spark.sql.adaptive.enabled=" + run.random().nextBoolean()));
        arguments.addAll(List.of("--conf", "spark.task.maxFailures=" + run.between(1, 4)));
        arguments.addAll(
                List.of("--conf", "spark.sql.warehouse.dir=" + run.folder().resolve("warehouse")));
        arguments.addAll(List.of("--conf", "spark.driver.maxResultSize=" + run.between(1, 6) + "m"));
        if (run.random().nextInt(3) == 0) {
            arguments.addAll(
                    List.of("--conf", "spark.shuffle.spill.numElementsForceSpillThreshold=" + run.between(500, 3000)));
        }
        arguments.addAll(List.of("--class", NoisySpark.class.getName(), applicationJar.toString()));
        arguments.addAll(List.of(
                run.folder().resolve("data").toString(), "" + run.random().nextLong(), "" + kinds.size()));
        arguments.addAll(kinds);
        String local = !run.isOrdinary() && run.random().nextInt(12) == 0
                ? "/proc/none"
                : run.folder().resolve("local").toString();
        List<String> line = run.sparkLine(run.configs().spark(level), "org.apache.spark.deploy.SparkSubmit", arguments);
        return run.program("spark-driver", run.folder(), run.sparkEnvironment(2, local), line);
    }

    /** What a history server reads of applications that have ended. */
    void history(LogRun run) throws Exception {
        Path events = Files.createDirectories(run.folder().resolve("events"));
        List<String> options = List.of(
                "--master",
                "local[2]",
                "--conf",
                "spark.eventLog.enabled=true",
                "--conf",
                "spark.eventLog.compress=" + run.random().nextBoolean(),
                "--conf",
                "spark.eventLog.dir=" + events);
        for (int i = run.between(1, 2); i > 0; i--) {
            LogRun.end(jobs(run, options, run.between(1, 4)), LogRun.APPLICATION);
        }
        Path properties = Files.writeString(
                run.folder().resolve("history.properties"),
                "spark.history.ui.port 0\nspark.history.fs.update.interval 2s\nspark.history.fs.logDirectory file:"
                        + events + "\n");
        Process server = run.spark(
                "spark-history",
                2,
                run.configs().spark("info"),
                "org.apache.spark.deploy.history.HistoryServer",
                List.of("--properties-file", properties.toString()));
        Path log = run.last();
        LogRun.await(server, LogRun.PATIENCE, () -> LogRun.has(log, "Finished parsing", 1));
        server.destroy();
        LogRun.end(server, LogRun.PATIENCE);
    }

    /** Shuffles more than a file may be long, as on a disk that is full. */
    void fullDisk(LogRun run) throws Exception {
        List<String> arguments = submit(run, List.of("--master", "local[2]"));
        arguments.addAll(List.of("--class", NoisySpark.class.getName(), applicationJar.toString()));
        arguments.addAll(List.of(
                run.folder().resolve("data").toString(),
                "" + run.random().nextLong(),
                "3",
                "aggregate",
                "large",
                "sql"));
        List<String> line = new ArrayList<>(
                List.of("bash", "-c", "ulimit -f " + run.between(4000, 9000) + "; exec \"$@\"", "bash"));
        line.addAll(run.sparkLine(run.configs().spark("info"), "org.apache.spark.deploy.SparkSubmit", arguments));
        Process driver = run.program(
                "spark-driver",
                run.folder(),
                run.sparkEnvironment(2, run.folder().resolve("local").toString()),
                line);
        LogRun.end(driver, LogRun.APPLICATION);
    }
}
