package io.sinkstream.corpus;

import io.sinkstream.harness.InstalledSpark;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * One run of one or more programs, each in a JVM of its own and with a log of its own, in a layout and at a level that are
 * drawn. Closing it ends those that still run.
 */
final class LogRun implements AutoCloseable {
    /** How long a program may take to get to a point that it has to reach. */
    static final Duration PATIENCE = Duration.ofSeconds(100);

    /** How long an application may take. */
    static final Duration APPLICATION = Duration.ofMinutes(5);

    /** What a run is to be: one that nothing fails in, or one that something does. */
    enum Course {
        ORDINARY,
        FAILING
    }

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    private static final List<String> ZONES =
            List.of("UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Los_Angeles");

    /** The exit code of a program that had SIGTERM. */
    private static final int ASKED_TO = 143;

    /** Of collectors; the first two are those of short programs. */
    private static final List<String> COLLECTORS =
            List.of("-XX:+UseSerialGC", "-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseG1GC");

    private final InstalledSpark spark;
    private final String name;
    private final Path folder;
    private final Random random;
    private final String zone;
    private final LogConfigs configs;
    private final Course course;
    private final List<Process> processes = new ArrayList<>();
    private final Map<String, Path> logs = new LinkedHashMap<>();

    /**
     * A run that nothing was started of.
     *
     * @param name part of the keys
     * @param folder for all its files; need not exist
     */
    LogRun(InstalledSpark spark, String name, Path folder, Course course, long seed) throws IOException {
        this.spark = spark;
        this.name = name;
        this.folder = Files.createDirectories(folder);
        this.random = new Random(seed);
        this.zone = drawn(ZONES);
        this.configs = new LogConfigs(this.folder, random);
        this.course = course;
    }

    Random random() {
        return random;
    }

    /** Whether nothing is to fail. */
    boolean isOrdinary() {
        return course == Course.ORDINARY;
    }

    /** Whether all programs that ended did so by themselves and well, or because they were asked to. Of a closed run. */
    boolean endedWell() {
        return processes.stream().map(Process::exitValue).allMatch(code -> code == 0 || code == ASKED_TO);
    }

    Path folder() {
        return folder;
    }

    InstalledSpark spark() {
        return spark;
    }

    <T> T drawn(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    /** Each log's key, {@code program-run} and a number from the second one on. */
    private String key(String program) {
        String key = program + "-" + name;
        for (int i = 2; logs.containsKey(key); i++) {
            key = program + "-" + name + "-" + i;
        }
        return key;
    }

    /** A log that something else writes; it need not exist in the end. */
    Path log(String program) {
        String key = key(program);
        Path file = folder.resolve(key + ".log");
        logs.put(key, file);
        return file;
    }

    /** Where a program's log goes, which was started by {@link #program} last. */
    private Path last;

    Path last() {
        return last;
    }

    /** Whether a log has this text so often, so far. */
    static boolean has(Path log, String text, int times) {
        try {
            String said = Files.readString(log, StandardCharsets.ISO_8859_1);
            int at = -1;
            for (int i = 0; i < times; i++) {
                at = said.indexOf(text, at + 1);
                if (at < 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits until something is so, or the process ends, or that time is over; says whether it is so. */
    static boolean await(Process process, Duration patience, BooleanSupplier isSo) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > deadline || process.waitFor(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
                return isSo.getAsBoolean();
            }
        }
        return true;
    }

    /** Waits until it ends, and kills it if it does not. */
    static void end(Process process, Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            kill(process.toHandle());
        }
    }

    /** With all that it started, and waits until it is gone. */
    static void kill(ProcessHandle process) {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Starts any program, whose output becomes a log. */
    Process program(String program, Path directory, Map<String, String> more, List<String> line) throws IOException {
        last = log(program);
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(last.toFile());
        Map<String, String> environment = builder.environment();
        // Maven and the JVM print it, and it is the machine's.
        environment.keySet().retainAll(List.of("PATH", "HOME"));
        environment.put("LANG", "C.UTF-8");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.putAll(more);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** The start of a line that runs a JVM with these options. */
    List<String> jvm(List<String> options) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(options);
        line.add(zoneOption());
        return line;
    }

    /** Of all programs of the run. */
    String zoneOption() {
        return "-Duser.timezone=" + zone;
    }

    /** A JVM's options: a collector, and now and then the JVM's own log. */
    List<String> drawnJvmOptions() {
        List<String> options = new ArrayList<>(List.of(drawn(COLLECTORS), "-XX:TieredStopAtLevel=1"));
        if (random.nextInt(6) == 0) {
            String what = drawn(List.of("gc*", "gc*", "gc", "gc*,safepoint", "safepoint", "gc+heap=debug,gc"));
            String decorations =
                    drawn(List.of("uptime,level,tags", "time,level,tags", "time,uptime,pid,level,tags", "uptime,tags"));
            options.add("-Xlog:" + what + ":file=" + log("jvm-gc") + ":" + decorations);
        }
        if (random.nextInt(25) == 0) {
            options.add("-Xlog:class+load:file=" + log("jvm-classes") + ":uptime,level,tags");
        }
        return options;
    }

    /** Configurations of log4j2. */
    LogConfigs configs() {
        return configs;
    }

    /**
     * Starts one of Spark's programs.
     *
     * @param address the last number of the loopback address that it has as its own
     */
    Process spark(String program, int address, Path logging, String mainClass, List<String> arguments)
            throws IOException {
        return program(
                program,
                folder,
                sparkEnvironment(
                        address, folder.resolve("local-" + processes.size()).toString()),
                sparkLine(logging, mainClass, arguments));
    }

    List<String> sparkLine(Path logging, String mainClass, List<String> arguments) throws IOException {
        List<String> line = jvm(drawnJvmOptions());
        line.add("-Xmx1g");
        line.add("-Duser.name=spark");
        line.add("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")));
        line.addAll(spark.opens());
        line.add("-Dlog4j2.configurationFile=" + logging);
        line.addAll(List.of("-cp", spark.home().resolve("jars") + File.separator + "*", mainClass));
        line.addAll(arguments);
        return line;
    }

    Map<String, String> sparkEnvironment(int address, String local) {
        return Map.of(
                "SPARK_HOME", spark.home().toString(),
                "SPARK_SCALA_VERSION", "2.13",
                "SPARK_LOCAL_IP", "127.0.0." + address,
                "SPARK_LOCAL_DIRS", local,
                "SPARK_USER", "spark",
                "HADOOP_USER_NAME", "spark",
                "TOKENIZERS_PARALLELISM", "false");
    }

    /** The lines of all logs by their keys, those of executors under a worker's folder among them. */
    Map<String, LogLines> lines() {
        close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.filter(path -> path.endsWith("stderr")).sorted().toList()) {
                logs.put(key("spark-executor"), file);
            }
            Map<String, LogLines> all = new LinkedHashMap<>();
            for (Map.Entry<String, Path> log : logs.entrySet()) {
                if (Files.exists(log.getValue())) {
                    String text = new String(Files.readAllBytes(log.getValue()), StandardCharsets.UTF_8);
                    all.put(log.getKey(), new LogLines(text.lines().toList()));
                }
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        processes.forEach(process -> kill(process.toHandle()));
    }
}
