package io.sinkstream.harness;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Spark as a user has it: a folder of Spark's jars, and JVMs that have nothing else on their class path. Only the shaded
 * jar can give them sinkstream and DJL. The build makes the folder and says where it is.
 *
 * @param home {@code SPARK_HOME}
 * @param jar the shaded jar
 * @param opens Spark's JVM options for Java 17
 * @param project the checkout
 * @param logs where the output of the JVMs goes
 */
public record InstalledSpark(Path home, Path jar, List<String> opens, Path project, Path logs) {
    /**
     * JVM options of all programs and executors. They live for seconds, several on a core: what the optimizing compiler
     * would give them is less than what it takes, and libtorch does the arithmetic.
     */
    public static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";

    /** The one that the build made. */
    public static InstalledSpark ofThisBuild() {
        Path project = Path.of(property("project.root"));
        return new InstalledSpark(
                Path.of(property("spark.home")),
                Path.of(property("sinkstream.jar")),
                List.of(property("spark.jvm.opens").split(" ")),
                project,
                Path.of(property("spark.logs")));
    }

    /** The classes of the tests, for those of Spark's programs that run some. */
    Path testClasses() {
        return project.resolve("job/target/test-classes");
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("no system property " + name
                    + ": run the integration tests by mvn verify, which packs the jar first");
        }
        return value;
    }

    /** Spark-submit of one sinkstream command, waited for: {@link #launch}. */
    public Driver.Ended submit(String name, Path folder, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        try (Driver driver = launch(name, folder, options, command)) {
            return driver.await();
        }
    }

    /** Spark-submit of a program that is one of the tests' classes, with the jar, waited for. */
    public Driver.Ended submitProgram(
            String name, Path folder, List<String> options, Class<?> program, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("--driver-class-path", testClasses().toString()));
        Process process = start(name, folder, SUBMIT, arguments(all, program.getName(), arguments));
        try (Driver driver = new Driver(this, name, process)) {
            return driver.await();
        }
    }

    /**
     * Spark-submit of one sinkstream command, which runs when this returns. The caller closes it.
     *
     * @param name of its logs
     * @param folder the driver's working directory
     * @param options spark-submit's own
     * @param command sinkstream's
     */
    public Driver launch(String name, Path folder, List<String> options, List<String> command) throws IOException {
        return new Driver(this, name, start(name, folder, SUBMIT, arguments(options, command)));
    }

    /** The same as {@link #submit} where nobody has configured logging. */
    public Driver.Ended submitWithoutLogging(String name, Path folder, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        Process process = start(name, folder, List.of(), SUBMIT, arguments(options, command));
        try (Driver driver = new Driver(this, name, process)) {
            return driver.await();
        }
    }

    private List<String> arguments(List<String> options, List<String> command) {
        return arguments(options, "io.sinkstream.job.Sinkstream", command);
    }

    private List<String> arguments(List<String> options, String program, List<String> command) {
        List<String> arguments = new ArrayList<>(List.of("--conf", "spark.ui.enabled=false"));
        arguments.addAll(options);
        arguments.addAll(List.of("--class", program));
        arguments.add(jar.toString());
        arguments.addAll(command);
        return arguments;
    }

    /**
     * Starts one of Spark's programs in a JVM of its own. The caller ends it, and then calls {@link #deleteLocal}.
     *
     * @param name of its logs
     */
    Process start(String name, Path folder, String mainClass, List<String> arguments) throws IOException {
        String logging = "-Dlog4j2.configurationFile=" + project.resolve("conf/log4j2.properties");
        return start(name, folder, List.of(logging), mainClass, arguments);
    }

    private Process start(String name, Path folder, List<String> logging, String mainClass, List<String> arguments)
            throws IOException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.add("-Xmx1g");
        line.addAll(SHORT_LIVED);
        line.addAll(opens);
        line.addAll(logging);
        // These two Spark's own script takes.
        value(arguments, "--driver-java-options").ifPresent(line::add);
        String jars = home.resolve("jars") + File.separator + "*";
        String classes = value(arguments, "--driver-class-path")
                .map(more -> more + File.pathSeparator + jars)
                .orElse(jars);
        line.addAll(List.of("-cp", classes, mainClass));
        line.addAll(arguments);
        Files.createDirectories(logs);
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectOutput(log(name, "out").toFile())
                .redirectError(log(name, "err").toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(variable -> variable.startsWith("SPARK_"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("SPARK_HOME", home.toString());
        environment.put("SPARK_SCALA_VERSION", "2.13");
        environment.put("SPARK_LOCAL_IP", "127.0.0.1");
        environment.put("SPARK_LOCAL_DIRS", Files.createDirectories(local(name)).toString());
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private static Optional<String> value(List<String> arguments, String option) {
        int at = arguments.indexOf(option);
        return at < 0 ? Optional.empty() : Optional.of(arguments.get(at + 1));
    }

    /** All that a program said so far. */
    String said(String name, String stream) {
        try {
            return Files.readString(log(name, stream), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the shuffled and fetched files of a program that has ended: one that was killed left them. */
    void deleteLocal(String name) {
        deleteUnder(local(name), file -> true);
    }

    /** Deletes what is in a folder and passes the test, and the folders that this leaves empty. */
    public static void deleteUnder(Path folder, Predicate<Path> isDeleted) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (isDeleted.test(file)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path log(String name, String stream) {
        return logs.resolve(name + "." + stream);
    }

    private Path local(String name) {
        return logs.resolve(name + ".local");
    }
}
