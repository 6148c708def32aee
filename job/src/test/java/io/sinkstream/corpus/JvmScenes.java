package io.sinkstream.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Programs of one JVM for {@link LogCorpus}: a Kafka broker, and small ones that die or are asked for their threads. */
final class JvmScenes {
    private JvmScenes() {}

    /** A broker of its own, and its clients in the same JVM. */
    static void kafka(LogRun run) throws Exception {
        Path clients = run.log("kafka-clients");
        Path logging = run.kafkaLogging(run.random().nextInt(4) == 0 ? "debug" : "info", clients);
        List<String> line = run.jvm(run.drawnJvmOptions());
        line.addAll(List.of("-Xmx512m", "-Duser.name=spark", "-Dlog4j2.configurationFile=" + logging));
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), NoisyKafka.class.getName()));
        line.addAll(List.of(run.folder().toString(), "" + run.random().nextLong(), "" + run.between(10, 40)));
        LogRun.end(run.program("kafka-broker", run.folder(), Map.of(), line), LogRun.APPLICATION);
    }

    /** A small program that dies, or that is asked for its threads. */
    static void jvm(LogRun run) throws Exception {
        jvm(
                run,
                run.drawn(List.of(
                        "heap", "map", "array", "stack", "uncaught", "uncaught", "pool", "churn", "wait", "wait")));
    }

    /** One that fills its heap. */
    static void fullHeap(LogRun run) throws Exception {
        jvm(run, "map");
    }

    private static void jvm(LogRun run, String end) throws Exception {
        List<String> line = run.jvm(List.of(
                run.drawn(List.of(
                        "-XX:+UseSerialGC",
                        "-XX:+UseParallelGC",
                        "-XX:+UseG1GC",
                        "-XX:+UseZGC",
                        "-XX:+UseShenandoahGC")),
                "-Xmx" + run.between(16, 96) + "m",
                "-Xss" + run.drawn(List.of("256k", "512k", "1m"))));
        if (run.random().nextInt(3) > 0) {
            String what =
                    run.drawn(List.of("gc", "gc", "gc*", "gc*,safepoint", "safepoint", "gc+cpu,gc", "gc+heap*=debug"));
            line.add("-Xlog:" + what + (run.random().nextBoolean() ? "" : ":stdout:time,level,tags"));
        }
        line.addAll(List.of(
                "-cp",
                classes().toString(),
                NoisyJvm.class.getName(),
                end,
                "" + run.random().nextLong()));
        Process program = run.program("jvm-" + end, run.folder(), Map.of(), line);
        Path log = run.last();
        if (end.equals("wait") && LogRun.await(program, LogRun.PATIENCE, () -> LogRun.has(log, "waiting", 1))) {
            threads(run, program);
            LogRun.kill(program.toHandle());
        }
        LogRun.end(program, LogRun.PATIENCE);
    }

    private static void threads(LogRun run, Process program) throws Exception {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        List<String> asked = run.drawn(List.of(
                List.of("Thread.print"),
                List.of("Thread.print", "-l"),
                List.of("GC.heap_info"),
                List.of("VM.flags"),
                List.of("Thread.print")));
        List<String> line = new ArrayList<>(List.of(jcmd, "" + program.pid()));
        line.addAll(asked);
        LogRun.end(run.program("jvm-jcmd", run.folder(), Map.of(), line), LogRun.PATIENCE);
    }

    /** The folder of the tests' classes. */
    static Path classes() {
        return Path.of(JvmScenes.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
    }
}
