package io.sinkstream.job;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

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
record InstalledSpark(Path home, Path jar, List<String> opens, Path project, Path logs) {
    private static final int MINUTES = 5;

    /** What one run of SparkSubmit left. */
    record Submitted(int exitCode, String stdout, String stderr) {
        /** What was said, without what was logged: the lines that no time stamp begins. */
        List<String> said() {
            return stderr.lines()
                    .filter(line -> !line.isBlank() && !line.matches("\\d\\d:\\d\\d:\\d\\d [A-Z]+ .*"))
                    .toList();
        }
    }

    /** The one that the build made. */
    static InstalledSpark ofThisBuild() {
        Path project = Path.of(property("project.root"));
        return new InstalledSpark(
                Path.of(property("spark.home")),
                Path.of(property("sinkstream.jar")),
                List.of(property("spark.jvm.opens").split(" ")),
                project,
                project.resolve("job/target/spark-logs"));
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("no system property " + name
                    + ": run the integration tests by mvn verify, which packs the jar first");
        }
        return value;
    }

    /**
     * spark-submit of one sinkstream command, waited for.
     *
     * @param name of its logs
     * @param folder the driver's working directory
     * @param options spark-submit's own
     * @param command sinkstream's
     */
    Submitted submit(String name, Path folder, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of("--conf", "spark.ui.enabled=false", "--class", "io.sinkstream.job.Sinkstream"));
        arguments.add(jar.toString());
        arguments.addAll(command);
        Process process = start(name, folder, "org.apache.spark.deploy.SparkSubmit", arguments);
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly().waitFor();
            throw new IllegalStateException(
                    name + " did not end within " + MINUTES + " minutes; it said:\n" + said(name, "err"));
        }
        return new Submitted(process.exitValue(), said(name, "out"), said(name, "err"));
    }

    /** Starts one of Spark's programs in a JVM of its own. The caller ends it. */
    Process start(String name, Path folder, String mainClass, List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.add("-Xmx1g");
        line.addAll(opens);
        line.add("-Dlog4j2.configurationFile=" + project.resolve("conf/log4j2.properties"));
        line.addAll(List.of("-cp", home.resolve("jars") + File.separator + "*", mainClass));
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
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    /** All that a program said so far. */
    String said(String name, String stream) throws IOException {
        return Files.readString(log(name, stream), StandardCharsets.UTF_8);
    }

    private Path log(String name, String stream) {
        return logs.resolve(name + "." + stream);
    }
}
