package io.sinkstream.harness;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Spark cluster on this machine: a master and workers, each a JVM of its own, as are their executors. Workers come and
 * go as a test wants, and each says that it has a GPU. The test closes it. Logs are beside those of {@link InstalledSpark}; an executor's are in its
 * worker's folder there.
 */
public final class StandaloneCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
    private static final Pattern ALIVE = Pattern.compile("\"aliveworkers\"\\s*:\\s*(\\d+)");
    private static final String HOST = "127.0.0.1";
    private static final String MASTER = "master";

    private final InstalledSpark spark;
    private final String url;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    private final HttpRequest state;
    private final Process master;
    /** Those that run. */
    private final List<Worker> workers = new ArrayList<>();
    /** How many ever ran, which names the next. */
    private int started;

    private StandaloneCluster(InstalledSpark spark) throws IOException {
        int port = Ports.free();
        int web = Ports.free();
        this.spark = spark;
        this.url = "spark://" + HOST + ":" + port;
        this.state = HttpRequest.newBuilder(URI.create("http://" + HOST + ":" + web + "/json/"))
                .timeout(Duration.ofSeconds(5))
                .build();
        this.master = spark.start(
                MASTER,
                spark.project(),
                "org.apache.spark.deploy.master.Master",
                List.of("--host", HOST, "--port", "" + port, "--webui-port", "" + web));
    }

    /** Starts a cluster and waits until all its workers, of one core each, are there. */
    public static StandaloneCluster start(InstalledSpark spark, int workers) throws IOException, InterruptedException {
        StandaloneCluster cluster = new StandaloneCluster(spark);
        try {
            cluster.awaitWorkers(0);
            for (int i = 0; i < workers; i++) {
                cluster.launchWorker(1);
            }
            cluster.awaitWorkers(workers);
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** Spark-submit to this cluster, waited for: {@link InstalledSpark#submit}. */
    public Driver.Ended submit(String name, Path folder, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        return spark.submit(name, folder, options(options), command);
    }

    /** The same of a program that is one of the tests' classes: {@link InstalledSpark#submitProgram}. */
    public Driver.Ended submitProgram(
            String name, Path folder, List<String> options, Class<?> program, List<String> arguments)
            throws IOException, InterruptedException {
        return spark.submitProgram(name, folder, options(options), program, arguments);
    }

    /** Spark-submit to this cluster, which runs when this returns: {@link InstalledSpark#launch}. */
    public Driver launch(String name, Path folder, List<String> options, List<String> command) throws IOException {
        return spark.launch(name, folder, options(options), command);
    }

    /** The path of a file of {@code conf}. */
    public String conf(String name) {
        return spark.project().resolve("conf").resolve(name).toString();
    }

    /** Spark-submit's options for this cluster, with {@code options} behind them. */
    public List<String> options(List<String> options) {
        List<String> all = new ArrayList<>(List.of("--master", url, "--conf", "spark.driver.host=" + HOST));
        all.addAll(List.of("--conf", "spark.executor.memory=1g"));
        all.addAll(
                List.of("--conf", "spark.executor.extraJavaOptions=" + String.join(" ", InstalledSpark.SHORT_LIVED)));
        // An executor would keep a copy of the jar, and use a copy of that.
        all.addAll(List.of("--conf", "spark.files.useFetchCache=false"));
        all.addAll(options);
        return all;
    }

    /** The workers that run. */
    public List<Worker> workers() {
        return List.copyOf(workers);
    }

    /** Adds one with that many cores, and waits until it is there. */
    public Worker addWorker(int cores) throws IOException, InterruptedException {
        Worker worker = launchWorker(cores);
        awaitWorkers(workers.size());
        return worker;
    }

    /** The executors of all workers that run. */
    public List<Executor> executors() {
        return workers.stream().flatMap(worker -> worker.executors().stream()).toList();
    }

    /** Waits until no executor is left of applications whose drivers have ended: their cores are free then. */
    public void awaitNoExecutors() throws InterruptedException {
        await("no executors", () -> executors().isEmpty());
    }

    /** What each executor logged whose log was written to since. */
    public List<String> logsSince(Instant start) throws IOException {
        List<String> logs = new ArrayList<>();
        for (Worker worker : workers) {
            try (Stream<Path> files = Files.walk(worker.folder)) {
                for (Path file : files.filter(file -> file.endsWith("stderr")).toList()) {
                    if (!Files.getLastModifiedTime(file).toInstant().isBefore(start)) {
                        logs.add(Files.readString(file));
                    }
                }
            }
        }
        return logs;
    }

    private Worker launchWorker(int cores) throws IOException {
        String name = "worker-" + started++;
        Path folder = Files.createDirectories(spark.logs().resolve(name));
        Path resources = Files.write(
                folder.resolve("resources.conf"),
                List.of(
                        "spark.worker.resource.gpu.amount 1",
                        "spark.worker.resource.gpu.discoveryScript " + discoveryScript(folder)));
        Process process = spark.start(
                name,
                spark.project(),
                "org.apache.spark.deploy.worker.Worker",
                List.of(
                        "--properties-file",
                        resources.toString(),
                        "--host",
                        HOST,
                        "--cores",
                        "" + cores,
                        "--memory",
                        "2g",
                        "--webui-port",
                        "0",
                        "--work-dir",
                        folder.toString(),
                        url));
        Worker worker = new Worker(name, folder, process);
        workers.add(worker);
        return worker;
    }

    /** What finds a GPU, of which there is none: Spark's schedule of them is the same. */
    private static Path discoveryScript(Path folder) throws IOException {
        Path script = Files.write(
                folder.resolve("gpus.sh"), List.of("#!/bin/sh", "echo '{\"name\": \"gpu\", \"addresses\": [\"0\"]}'"));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }

    /** Waits until the master answers and knows that many workers, no more and no fewer. */
    private void awaitWorkers(int count) throws InterruptedException {
        await(count + " workers", () -> aliveWorkers() == count);
    }

    private void await(String what, BooleanSupplier isSo) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            for (Worker worker : workers) {
                failIfEnded(worker.name, worker.process);
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "not within " + PATIENCE + ": " + what + "; logs are in " + spark.logs());
            }
            // Returns at once if it dies.
            if (master.waitFor(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
                failIfEnded(MASTER, master);
            }
        }
    }

    private void failIfEnded(String name, Process process) {
        if (!process.isAlive()) {
            throw new IllegalStateException(
                    name + " ended with " + process.exitValue() + "; its log is in " + spark.logs());
        }
    }

    /** How many workers the master knows; -1 while it does not answer. */
    private int aliveWorkers() {
        try {
            Matcher alive = ALIVE.matcher(
                    client.send(state, HttpResponse.BodyHandlers.ofString()).body());
            return alive.find() ? Integer.parseInt(alive.group(1)) : -1;
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        workers().forEach(Worker::end);
        endPolitely(master);
        spark.deleteLocal(MASTER);
    }

    private static void endPolitely(Process process) {
        process.destroy();
        process.onExit()
                .completeOnTimeout(process, 20, TimeUnit.SECONDS)
                .thenAccept(Process::destroyForcibly)
                .join();
        process.onExit().join();
    }

    /** One that runs until it is ended or killed. */
    public final class Worker {
        private final String name;
        private final Path folder;
        private final Process process;

        private Worker(String name, Path folder, Process process) {
            this.name = name;
            this.folder = folder;
            this.process = process;
        }

        /** Its executors, in no order. */
        public List<Executor> executors() {
            return process.descendants()
                    .flatMap(child -> Executor.of(child, folder).stream())
                    .toList();
        }

        /** Kills it and its executors at once, as a machine that is gone, and waits until the master knows. */
        public void kill() throws InterruptedException {
            List<ProcessHandle> children = process.descendants().toList();
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
            gone(children);
            awaitWorkers(workers.size());
        }

        /** Asks it to end, and waits until it and its executors have and the master knows. */
        public void stop() throws InterruptedException {
            end();
            awaitWorkers(workers.size());
        }

        private void end() {
            List<ProcessHandle> children = process.descendants().toList();
            endPolitely(process);
            children.forEach(ProcessHandle::destroyForcibly);
            gone(children);
        }

        private void gone(List<ProcessHandle> children) {
            process.onExit().join();
            children.forEach(child -> child.onExit().join());
            workers.remove(this);
            spark.deleteLocal(name);
            // Each executor fetched the jar.
            InstalledSpark.deleteUnder(folder, file -> file.toString().endsWith(".jar"));
        }
    }

    /**
     * An executor's JVM.
     *
     * @param process the JVM
     * @param application the application's id
     * @param id the executor's, a number from 0 in its application; one that takes another's place gets a new one
     * @param log its standard error, where it logs
     */
    public record Executor(ProcessHandle process, String application, String id, Path log) {
        private static final String MAIN_CLASS = "org.apache.spark.executor.CoarseGrainedExecutorBackend";

        /** None if the process is something else, or ends just now. */
        private static Optional<Executor> of(ProcessHandle process, Path worker) {
            List<String> line = commandLine(process);
            if (!line.contains(MAIN_CLASS)) {
                return Optional.empty();
            }
            String application = line.get(line.indexOf("--app-id") + 1);
            String id = line.get(line.indexOf("--executor-id") + 1);
            Path log = worker.resolve(application).resolve(id).resolve("stderr");
            return Optional.of(new Executor(process, application, id, log));
        }

        /** From the system, because Java's own is cut off after 4096 bytes, of which Spark's options leave few. */
        private static List<String> commandLine(ProcessHandle process) {
            Path file = Path.of("/proc", "" + process.pid(), "cmdline");
            try {
                return Arrays.asList(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\0"));
            } catch (IOException e) {
                return List.of();
            }
        }

        /** Whether it logged this text so far. */
        public boolean logged(String text) {
            try {
                return Files.readString(log, StandardCharsets.UTF_8).contains(text);
            } catch (IOException e) {
                return false;
            }
        }

        /** Kills it (SIGKILL), and waits until it is gone. The master has another started in its place. */
        public void kill() {
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
