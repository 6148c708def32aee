package io.sinkstream.harness;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * PySpark as a user has it: from PyPI, in a virtual environment, with the Spark that it brings. It is installed once and
 * kept, in {@code job/target} or the folder of the system property {@code pyspark.folder}. Where Python or PyPI are missing,
 * tests are skipped.
 *
 * @param folder the virtual environment's
 * @param project the checkout
 * @param logs where the output of programs goes
 */
public record PySpark(Path folder, Path project, Path logs) {
    private static final String VERSION = "4.0.1";
    private static final Duration INSTALLING = Duration.ofMinutes(10);
    private static final Duration PATIENCE = Duration.ofMinutes(6);

    /** What the installation of this run lacked; empty for nothing, null before it. */
    private static String missing;

    /** The environment, which is made if it is not there. Aborts the test with what is missing. */
    public static synchronized PySpark require() throws IOException, InterruptedException {
        Path project = Path.of(System.getProperty("project.root"));
        Path folder = Path.of(System.getProperty(
                "pyspark.folder", project.resolve("job/target/pyspark").toString()));
        PySpark python = new PySpark(folder, project, Path.of(System.getProperty("spark.logs")));
        Files.createDirectories(python.logs);
        // Another JVM of the build may be installing it.
        Path lock =
                Files.createDirectories(folder.toAbsolutePath().getParent()).resolve(folder.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            Path installed = folder.resolve("installed-" + VERSION);
            if (Files.exists(installed)) {
                return python;
            }
            if (missing == null) {
                missing = python.install();
            }
            if (!missing.isEmpty()) {
                abort(missing);
            }
            Files.createFile(installed);
            return python;
        }
    }

    /** Installs it all, and returns what is missing, or nothing. */
    private String install() throws IOException, InterruptedException {
        List<String> pip =
                List.of(bin("python"), "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "30");
        Map<String, List<String>> steps = new LinkedHashMap<>();
        steps.put(
                "Python 3.9 or later",
                List.of(
                        "python3",
                        "-c",
                        "import sys; sys.exit('this is ' + sys.version if sys.version_info < (3, 9) else 0)"));
        steps.put("a virtual environment", List.of("python3", "-m", "venv", "--clear", folder.toString()));
        steps.put("PySpark from PyPI", with(pip, "pyspark[connect]==" + VERSION, "pandas<3"));
        steps.put(
                "Spark Connect's client from PyPI",
                with(pip, "--no-deps", "--target", client().toString(), "pyspark-client==" + VERSION));
        for (Map.Entry<String, List<String>> step : steps.entrySet()) {
            String wrong = done(step.getValue());
            if (!wrong.isEmpty()) {
                return "This test needs " + step.getKey() + ", and " + String.join(" ", step.getValue()) + " says: "
                        + wrong;
            }
        }
        return "";
    }

    private static List<String> with(List<String> first, String... more) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return all;
    }

    /** Runs one command of the installation, and returns what is wrong, or nothing. */
    private String done(List<String> command) throws IOException, InterruptedException {
        Process process;
        try {
            process = start("pyspark-install", project, command, Map.of());
        } catch (IOException e) {
            return e.getMessage();
        }
        if (!process.waitFor(INSTALLING.toSeconds(), TimeUnit.SECONDS)) {
            end(process);
            return "nothing within " + INSTALLING;
        }
        return process.exitValue() == 0
                ? ""
                : process.exitValue() + ", " + said("pyspark-install", "err").strip();
    }

    /** The thin client of Spark Connect, which has no Spark: a folder for {@code PYTHONPATH}. */
    public Path client() {
        return folder.resolve("client");
    }

    /** A program of the environment. */
    public String bin(String name) {
        return folder.resolve("bin").resolve(name).toString();
    }

    /**
     * Spark-submit's command with options of one core, and a Python that is nowhere on executors: the jar needs none.
     *
     * @param more further options, and the program with its arguments
     */
    public List<String> submit(List<String> more) {
        List<String> command = new ArrayList<>(List.of(
                bin("spark-submit"),
                "--master",
                "local[1]",
                "--driver-memory",
                "1g",
                "--jars",
                project.resolve("job/target/sinkstream.jar").toString(),
                "--driver-java-options",
                String.join(" ", InstalledSpark.SHORT_LIVED) + " -Dlog4j2.configurationFile="
                        + project.resolve("conf/log4j2.properties")));
        for (String conf : List.of(
                "spark.sql.extensions=io.sinkstream.sql.SinkstreamExtensions",
                // In 16 bits two processes may take other products, and differ by more than rounding.
                "spark.sinkstream.dtype=float32",
                "spark.ui.enabled=false",
                "spark.sql.shuffle.partitions=1",
                "spark.pyspark.driver.python=" + bin("python"),
                "spark.pyspark.python=/no/python/here")) {
            command.addAll(List.of("--conf", conf));
        }
        command.addAll(more);
        return command;
    }

    /** Runs a program to its end. */
    public Driver.Ended run(String name, Path folder, List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        Process process = start(name, folder, command, environment);
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            end(process);
            throw new IllegalStateException(
                    name + " did not end within " + PATIENCE + "; it said:\n" + said(name, "err"));
        }
        return new Driver.Ended(process.exitValue(), said(name, "out"), said(name, "err"));
    }

    /** Starts a program. The caller ends it. */
    public Process start(String name, Path folder, List<String> command, Map<String, String> environment)
            throws IOException {
        Process process = builder(name, folder, command, environment)
                .redirectOutput(log(name, "out"))
                .start();
        process.getOutputStream().close();
        return process;
    }

    /** Starts a program that is talked with over its standard input and output. The caller ends it. */
    public Process talk(String name, List<String> command, Map<String, String> environment) throws IOException {
        return builder(name, project, command, environment).start();
    }

    private ProcessBuilder builder(String name, Path folder, List<String> command, Map<String, String> environment) {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(log(name, "err"));
        Map<String, String> all = builder.environment();
        all.keySet().removeIf(variable -> variable.matches("(SPARK|PYSPARK|PYTHON).*"));
        // As the environment's own script sets it.
        all.merge("PATH", bin(""), (others, own) -> own + File.pathSeparator + others);
        all.putAll(Map.of(
                "JAVA_HOME", System.getProperty("java.home"),
                "SPARK_LOCAL_IP", "127.0.0.1",
                "PYTHONDONTWRITEBYTECODE", "1"));
        all.putAll(environment);
        return builder;
    }

    /** Ends a program with all that it started: a script of Spark's is a shell, Python and a JVM. */
    public static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }

    /** All that a program said so far. */
    public String said(String name, String stream) throws IOException {
        return Files.readString(log(name, stream).toPath(), StandardCharsets.UTF_8);
    }

    private File log(String name, String stream) {
        return logs.resolve(name + "." + stream).toFile();
    }
}
