package io.sinkstream.job;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Spark cluster on this machine: a master and workers of one core, each a JVM of its own, as are their executors. The
 * test closes it. Logs are beside those of {@link InstalledSpark}; an executor's are in its worker's folder there.
 */
final class StandaloneCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
    private static final Pattern ALIVE = Pattern.compile("\"aliveworkers\"\\s*:\\s*(\\d+)");
    private static final String HOST = "127.0.0.1";

    private final InstalledSpark spark;
    private final String master;
    /** The last started is the first to be ended. */
    private final Deque<Process> processes = new ArrayDeque<>();

    private StandaloneCluster(InstalledSpark spark, String master) {
        this.spark = spark;
        this.master = master;
    }

    /** Starts a cluster and waits until all its workers are there. */
    static StandaloneCluster start(InstalledSpark spark, int workers) throws IOException, InterruptedException {
        int port = freePort();
        int web = freePort();
        StandaloneCluster cluster = new StandaloneCluster(spark, "spark://" + HOST + ":" + port);
        try {
            cluster.launch(
                    "master",
                    "org.apache.spark.deploy.master.Master",
                    List.of("--host", HOST, "--port", "" + port, "--webui-port", "" + web));
            cluster.await(web, 0);
            for (int i = 0; i < workers; i++) {
                Path folder = Files.createDirectories(spark.logs().resolve("worker-" + i));
                cluster.launch(
                        "worker-" + i,
                        "org.apache.spark.deploy.worker.Worker",
                        List.of(
                                "--host",
                                HOST,
                                "--cores",
                                "1",
                                "--memory",
                                "2g",
                                "--webui-port",
                                "0",
                                "--work-dir",
                                folder.toString(),
                                cluster.master));
            }
            cluster.await(web, workers);
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** spark-submit to this cluster: {@link InstalledSpark#submit}. */
    InstalledSpark.Submitted submit(String name, Path folder, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("--master", master, "--conf", "spark.driver.host=" + HOST));
        all.addAll(List.of("--conf", "spark.executor.memory=1g"));
        all.addAll(options);
        return spark.submit(name, folder, all, command);
    }

    private void launch(String name, String mainClass, List<String> arguments) throws IOException {
        processes.push(spark.start(name, spark.project(), mainClass, arguments));
    }

    /** Waits until the master answers and knows that many workers. */
    private void await(int web, int workers) throws IOException, InterruptedException {
        HttpClient client =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + HOST + ":" + web + "/json/"))
                .timeout(Duration.ofSeconds(5))
                .build();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (aliveWorkers(client, request) < workers) {
            for (Process process : processes) {
                if (!process.isAlive()) {
                    throw new IllegalStateException("a program of the cluster ended with " + process.exitValue()
                            + "; its log is in " + spark.logs());
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "no " + workers + " workers after " + PATIENCE + "; logs are in " + spark.logs());
            }
            // Returns at once if the last one dies, which the next round tells.
            processes.element().waitFor(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** How many workers the master knows; -1 while it does not answer. */
    private static int aliveWorkers(HttpClient client, HttpRequest request) throws InterruptedException {
        try {
            Matcher alive = ALIVE.matcher(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            return alive.find() ? Integer.parseInt(alive.group(1)) : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        while (!processes.isEmpty()) {
            Process process = processes.pop();
            List<ProcessHandle> executors = process.descendants().toList();
            process.destroy();
            process.onExit()
                    .completeOnTimeout(process, 20, TimeUnit.SECONDS)
                    .thenAccept(Process::destroyForcibly)
                    .join();
            process.onExit().join();
            executors.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
