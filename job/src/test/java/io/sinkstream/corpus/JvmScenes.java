package io.sinkstream.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Programs of one JVM for {@link LogCorpus}: small ones that work, die or are asked for what they are doing. */
final class JvmScenes {
    private JvmScenes() {}

    private static final List<String> DYING =
            List.of("heap", "map", "array", "stack", "uncaught", "uncaught", "pool", "churn", "wait", "wait");

    private static final List<String> WORKING = List.of("churn", "churn", "sort", "text", "threads", "idle");

    private static final List<String> TAGS = List.of(
            "gc",
            "gc",
            "gc*",
            "gc*,safepoint",
            "safepoint",
            "gc+cpu,gc",
            "gc+heap*=debug",
            "gc+phases=debug",
            "gc+age=trace",
            "gc+metaspace",
            "class+load",
            "class+unload,class+loader+data=debug",
            "os+thread",
            "module=debug",
            "codecache*=debug",
            "jit+compilation=debug",
            "startuptime",
            "os,os+cpu,gc+init",
            "logging=debug,arguments=debug");

    private static final List<String> DECORATIONS = List.of(
            "",
            "",
            ":stdout:time,level,tags",
            ":stdout:utctime,level,tags",
            ":stdout:uptimemillis,tags",
            ":stdout:uptimenanos,level",
            ":stdout:time,uptime,pid,tid,level,tags",
            ":stdout:none");

    /** Of a JVM by jcmd; none shows a stack. */
    private static final List<List<String>> QUESTIONS = List.of(
            List.of("GC.heap_info"),
            List.of("GC.class_histogram"),
            List.of("VM.flags"),
            List.of("VM.metaspace", "basic"),
            List.of("VM.version"),
            List.of("VM.uptime"),
            List.of("VM.classloader_stats"),
            List.of("Compiler.codecache"),
            List.of("GC.run"),
            List.of("VM.log", "list"),
            List.of("PerfCounter.print"),
            List.of("help"));

    /** A small program that works, or in a failing run one that dies or that is asked for its threads. */
    static void jvm(LogRun run) throws Exception {
        jvm(run, run.drawn(run.isOrdinary() ? WORKING : DYING));
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
                "-Xmx" + run.between(run.isOrdinary() ? 64 : 16, 96) + "m",
                "-Xss" + run.drawn(List.of("256k", "512k", "1m"))));
        if (run.random().nextInt(5) > 0) {
            line.add("-Xlog:" + run.drawn(TAGS) + run.drawn(DECORATIONS));
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
        if (end.equals("idle") && LogRun.await(program, LogRun.PATIENCE, () -> LogRun.has(log, "waiting", 1))) {
            ask(run, program, run.drawn(QUESTIONS));
            program.destroy();
        }
        LogRun.end(program, LogRun.PATIENCE);
    }

    private static void threads(LogRun run, Process program) throws Exception {
        ask(
                run,
                program,
                run.drawn(List.of(
                        List.of("Thread.print"),
                        List.of("Thread.print", "-l"),
                        List.of("GC.heap_info"),
                        List.of("VM.flags"),
                        List.of("Thread.print"))));
    }

    private static void ask(LogRun run, Process program, List<String> question) throws Exception {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        List<String> line = new ArrayList<>(List.of(jcmd, "" + program.pid()));
        line.addAll(question);
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
