package io.sinkstream.job;

import com.google.gson.JsonObject;
import io.sinkstream.streaming.KafkaBroker;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** What {@link LogCorpus} runs: programs that do their work, and programs that fail. A scene leaves only its logs. */
final class LogScenes {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Duration APPLICATION = Duration.ofSeconds(150);

    private static final List<String> GOOD =
            List.of("aggregate", "join", "sort", "cache", "window", "files", "rdd", "sql", "stream");

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

    private static final List<String> APPLICATIONS = List.of(
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

    private static final List<String> WORDS = List.of(
            "connection",
            "from",
            "client",
            "closed",
            "request",
            "took",
            "ms",
            "user",
            "logged",
            "in",
            "cache",
            "miss",
            "for",
            "key",
            "retry",
            "after",
            "timeout",
            "job",
            "started",
            "finished",
            "with",
            "status",
            "ok",
            "queue",
            "is",
            "full",
            "disk",
            "at",
            "percent");

    private static final List<String> PROPERTIES = List.of(
            "djl.version",
            "spark.version",
            "junit.version",
            "assertj.version",
            "jqwik.version",
            "picocli.version",
            "kafka.version",
            "gson.version",
            "errorprone.version",
            "palantir.version",
            "jna.version",
            "archunit.version",
            "slf4j.version");

    private static final List<String> GOALS = List.of(
            "versions:display-dependency-updates",
            "javadoc:javadoc",
            "checkstyle:check",
            "pmd:check",
            "release:prepare",
            "jacoco:report",
            "wrapper:wrapper",
            "archetype:generate",
            "source:jar",
            "help:system",
            "help:effective-pom",
            "site:site",
            "compiel",
            "instal",
            "packge",
            "dependncy:tree",
            "spring-boot:run",
            "jetty:run",
            "sonar:sonar",
            "surefire:tst",
            "antrun:run",
            "deploy:file",
            "license:check",
            "docker:build",
            "protobuf:compile",
            "formatter:format",
            "com.example:missing-maven-plugin:1.2:run");

    private final KafkaBroker broker;
    private final Path applicationJar;
    private final Path model;
    private final Path otherModel;

    /**
     * Of programs that share these; all of them are the caller's.
     *
     * @param applicationJar has {@link NoisySpark}
     * @param models an empty folder for two tiny models
     */
    LogScenes(KafkaBroker broker, Path applicationJar, Path models) throws IOException {
        this.broker = broker;
        this.applicationJar = applicationJar;
        this.model = TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(models.resolve("tiny-llama"));
        this.otherModel =
                TinyModels.of(Shape.llama()).seed(1).tokenizer(Prefix.BOS).write(models.resolve("tiny-llama-2"));
    }

    // Spark on a cluster.

    /** A cluster of a master and two workers, three applications on it, and what is killed meanwhile. */
    void cluster(LogRun run) throws Exception {
        onCluster(run, (url, masterLog, workers) -> {
            for (int i = 0; i < 3; i++) {
                application(run, url, masterLog, workers, i);
            }
        });
    }

    /** An application on a cluster, one of whose executors is killed while tasks run. */
    void killedExecutor(LogRun run) throws Exception {
        onCluster(run, (url, masterLog, workers) -> {
            Process driver = jobs(run, onThis(run, url), 12);
            Path log = run.last();
            LogRun.await(driver, PATIENCE, () -> LogRun.has(log, "Finished task", 100));
            run.drawn(workers).descendants().forEach(LogRun::kill);
            LogRun.end(driver, APPLICATION);
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
                run.sparkLogging(level),
                "org.apache.spark.deploy.master.Master",
                List.of("--host", "127.0.0.5", "--port", "" + port, "--webui-port", "" + LogRun.freePort()));
        Path masterLog = run.last();
        if (!LogRun.await(master, PATIENCE, () -> LogRun.has(masterLog, "New state: ALIVE", 1))) {
            return;
        }
        List<Process> workers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            addWorker(run, url, workers);
        }
        LogRun.await(master, PATIENCE, () -> LogRun.has(masterLog, "Registering worker", 2));
        applications.run(url, masterLog, workers);
        for (Process process : workers) {
            process.destroy();
            LogRun.end(process, Duration.ofSeconds(10));
        }
        master.destroy();
        LogRun.end(master, Duration.ofSeconds(10));
    }

    private static void addWorker(LogRun run, String url, List<Process> workers) throws IOException {
        int address = 11 + run.random().nextInt(20);
        workers.add(run.spark(
                "spark-worker",
                address,
                run.sparkLogging(run.random().nextInt(8) == 0 ? "debug" : "info"),
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
        Process driver =
                run.random().nextInt(5) < 2 ? sinkstream(run, options, number) : jobs(run, options, run.between(8, 30));
        int started = number + 1;
        if (run.random().nextInt(3) > 0) {
            LogRun.await(driver, PATIENCE, () -> LogRun.has(masterLog, "Launching executor", started));
            // Between the executor's start and the application's end.
            if (!driver.waitFor(run.between(2000, 12_000), TimeUnit.MILLISECONDS)) {
                kill(run, url, driver, workers);
            }
        }
        LogRun.end(driver, APPLICATION);
    }

    /** Options of spark-submit to that cluster. */
    private static List<String> onThis(LogRun run, String url) throws IOException {
        List<String> options = new ArrayList<>(List.of("--master", url, "--conf", "spark.driver.host=127.0.0.2"));
        options.addAll(List.of("--conf", "spark.executor.memory=" + run.between(600, 900) + "m"));
        options.addAll(List.of("--conf", "spark.files.useFetchCache=false"));
        String logging = "-Dlog4j2.configurationFile=" + run.sparkLogging(run.drawnLevel());
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

    // Spark without a cluster.

    /** One application in one JVM. */
    void local(LogRun run) throws Exception {
        List<String> options = new ArrayList<>(List.of("--master", "local[" + run.between(1, 4) + "]"));
        Process driver =
                run.random().nextInt(3) == 0 ? sinkstream(run, options, 0) : jobs(run, options, run.between(20, 80));
        LogRun.end(driver, APPLICATION);
    }

    private List<String> submit(LogRun run, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("--name", run.drawn(APPLICATIONS)));
        if (run.random().nextInt(4) > 0) {
            arguments.addAll(List.of("--conf", "spark.ui.enabled=false"));
        }
        arguments.addAll(options);
        return arguments;
    }

    /** One application of so many jobs that succeed, and a few that fail. */
    private Process jobs(LogRun run, List<String> options, int good) throws IOException {
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
        List<String> kinds = new ArrayList<>();
        for (int i = 0; i < good; i++) {
            kinds.add(run.drawn(GOOD));
        }
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
        arguments.addAll(List.of(
                run.folder().resolve("data").toString(), "" + run.random().nextLong(), "" + kinds.size()));
        arguments.addAll(kinds);
        String local = run.random().nextInt(12) == 0
                ? "/proc/none"
                : run.folder().resolve("local").toString();
        List<String> line =
                run.sparkLine(run.sparkLogging(run.drawnLevel()), "org.apache.spark.deploy.SparkSubmit", arguments);
        return run.program("spark-driver", run.folder(), run.sparkEnvironment(2, local), line);
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
        line.addAll(run.sparkLine(run.sparkLogging("info"), "org.apache.spark.deploy.SparkSubmit", arguments));
        Process driver = run.program(
                "spark-driver",
                run.folder(),
                run.sparkEnvironment(2, run.folder().resolve("local").toString()),
                line);
        LogRun.end(driver, APPLICATION);
    }

    // sinkstream.

    private Path rows(LogRun run) throws IOException {
        List<String> lines = new ArrayList<>();
        int keys = run.between(2, 30);
        int each = run.between(4, 30);
        for (int seq = 0; seq < each; seq++) {
            for (int key = 0; key < keys; key++) {
                lines.add(row("host-" + key, seq, text(run)).toString());
            }
        }
        Path input = Files.createDirectories(run.folder().resolve("input-" + run.between(1000, 9999)));
        return Files.write(input.resolve("rows.jsonl"), lines).getParent();
    }

    private static JsonObject row(String key, int seq, String text) {
        JsonObject row = new JsonObject();
        row.addProperty("key", key);
        row.addProperty("seq", seq);
        row.addProperty("text", text);
        return row;
    }

    private static String text(LogRun run) {
        StringBuilder text = new StringBuilder();
        for (int i = run.between(2, 9); i > 0; i--) {
            text.append(run.drawn(WORDS)).append(' ');
        }
        return text.append(run.random().nextInt(1000)).toString();
    }

    private Process sinkstream(LogRun run, List<String> options, int number) throws Exception {
        Path work = run.folder();
        String window = "" + run.between(12, 120);
        List<String> score = new ArrayList<>(List.of(
                "score",
                "--model",
                model.toString(),
                "--input",
                rows(run).toString(),
                "--format",
                "json",
                "--key",
                "key",
                "--order",
                "seq"));
        score.addAll(List.of("--attention-sink-window-size", window));
        switch (run.random().nextInt(9)) {
            case 0, 1 -> {
                score.addAll(
                        List.of("--output", work.resolve("scored-" + number).toString()));
                return command(run, options, score);
            }
            case 2 -> {
                // Refused, or failing: a model or an input that is not there, a column that is not.
                score.addAll(run.drawn(List.of(
                        List.of("--text", "message"),
                        List.of("--windw", "3"),
                        List.of("--attention-sink-size", "-1"))));
                if (run.random().nextBoolean()) {
                    score.set(2, work.resolve("models/none").toString());
                }
                return command(run, options, score);
            }
            case 3 -> {
                return command(
                        run,
                        options,
                        List.of(
                                "speed",
                                "--model",
                                model.toString(),
                                "--chunks",
                                "16",
                                "--streams",
                                "1,2",
                                "--attention-sink-window-size",
                                window));
            }
            case 4 -> {
                // A checkpoint is begun, looked at, and refused with another model.
                Path checkpoint = work.resolve("checkpoint-" + number);
                List<String> stream = stream(run, checkpoint, rows(run), number);
                Process first = command(run, options, stream);
                LogRun.end(first, APPLICATION);
                Process state = command(
                        run, List.of("--master", "local[1]"), List.of("state", "--checkpoint", checkpoint.toString()));
                LogRun.end(state, APPLICATION);
                stream.set(stream.indexOf("--model") + 1, otherModel.toString());
                return command(run, options, stream);
            }
            case 5 -> {
                return command(run, options, stream(run, work.resolve("checkpoint-" + number), rows(run), number));
            }
            case 6 -> {
                if (run.random().nextBoolean()) {
                    return topic(run, options, number, (driver, topic) -> broker.deleteTopic(topic));
                }
                return topic(run, options, number, (driver, topic) -> driver.destroy());
            }
            case 7 -> {
                // No broker answers at this port.
                List<String> stream = kafka(run, number, "127.0.0.1:" + LogRun.freePort(), "nowhere");
                stream.addAll(List.of(
                        "--option", "kafka.default.api.timeout.ms=4000", "--option", "kafka.request.timeout.ms=2000"));
                stream.addAll(List.of("--option", "fetchOffset.numRetries=1"));
                return command(run, options, stream);
            }
            default -> {
                return command(run, options, kafka(run, number, broker.servers(), "never-made-" + run.between(1, 99)));
            }
        }
    }

    private static Process command(LogRun run, List<String> options, List<String> command) throws IOException {
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of("--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4"));
        arguments.addAll(List.of(
                "--class", "io.sinkstream.job.Sinkstream", run.spark().jar().toString()));
        arguments.addAll(command);
        return run.spark(
                "sinkstream-" + command.get(0),
                2,
                run.sparkLogging(run.drawnLevel()),
                "org.apache.spark.deploy.SparkSubmit",
                arguments);
    }

    private List<String> stream(LogRun run, Path checkpoint, Path input, int number) {
        return new ArrayList<>(List.of(
                "stream",
                "score",
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "" + run.between(12, 60),
                "--format",
                "json",
                "--input",
                input.toString(),
                "--schema",
                "key STRING, seq BIGINT, text STRING",
                "--key",
                "key",
                "--order",
                "seq",
                "--checkpoint",
                checkpoint.toString(),
                "--output",
                run.folder().resolve("streamed-" + number).toString(),
                "--partitions",
                "3",
                "--trigger",
                "available-now"));
    }

    private List<String> kafka(LogRun run, int number, String servers, String topic) {
        return new ArrayList<>(List.of(
                "stream",
                "score",
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "" + run.between(12, 60),
                "--format",
                "kafka",
                "--schema",
                "seq BIGINT, text STRING",
                "--checkpoint",
                run.folder().resolve("checkpoint-" + number).toString(),
                "--output",
                run.folder().resolve("streamed-" + number).toString(),
                "--partitions",
                "" + run.between(2, 5),
                "--option",
                "kafka.bootstrap.servers=" + servers,
                "--option",
                "subscribe=" + topic,
                "--option",
                "startingOffsets=earliest"));
    }

    /** A stream of a topic that grows, and what ends it. */
    private Process topic(LogRun run, List<String> options, int number, BiConsumer<Process, String> end)
            throws Exception {
        String topic = run.drawn(List.of("logs", "chat", "audit", "mail")) + "-" + run.between(1, 1_000_000);
        broker.createTopic(topic, run.between(1, 4));
        Process driver = command(run, options, kafka(run, number, broker.servers(), topic));
        QueryLog log = new QueryLog(run.folder().resolve("checkpoint-" + number));
        for (int i = 0; i < 4; i++) {
            List<JsonObject> rows = new ArrayList<>();
            for (int n = run.between(5, 60); n > 0; n--) {
                rows.add(row("user-" + run.between(1, 9), i * 100 + n, text(run)));
            }
            broker.send(topic, rows.stream().map(TopicStream::outgoing).toList());
            long before = log.done();
            if (!LogRun.await(driver, PATIENCE, () -> log.done() > before)) {
                return driver;
            }
        }
        end.accept(driver, topic);
        LogRun.end(driver, PATIENCE);
        return driver;
    }

    /** A stream of a topic that is deleted while it is read. */
    void vanishingTopic(LogRun run) throws Exception {
        topic(run, List.of("--master", "local[2]"), 0, (driver, topic) -> broker.deleteTopic(topic));
    }

    // Kafka.

    /** A broker of its own, and its clients in the same JVM. */
    void kafka(LogRun run) throws Exception {
        Path clients = run.log("kafka-clients");
        Path logging = run.kafkaLogging(run.random().nextInt(4) == 0 ? "debug" : "info", clients);
        List<String> line = run.jvm(run.drawnJvmOptions());
        line.addAll(List.of("-Xmx512m", "-Duser.name=spark", "-Dlog4j2.configurationFile=" + logging));
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), NoisyKafka.class.getName()));
        line.addAll(List.of(run.folder().toString(), "" + run.random().nextLong(), "" + run.between(10, 40)));
        LogRun.end(run.program("kafka-broker", run.folder(), Map.of(), line), APPLICATION);
    }

    // The JVM.

    /** A small program that dies, or that is asked for its threads. */
    void jvm(LogRun run) throws Exception {
        jvm(
                run,
                run.drawn(List.of(
                        "heap", "map", "array", "stack", "uncaught", "uncaught", "pool", "churn", "wait", "wait")));
    }

    /** One that fills its heap. */
    void fullHeap(LogRun run) throws Exception {
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
        if (end.equals("wait") && LogRun.await(program, PATIENCE, () -> LogRun.has(log, "waiting", 1))) {
            threads(run, program);
            LogRun.kill(program.toHandle());
        }
        LogRun.end(program, PATIENCE);
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
        LogRun.end(run.program("jvm-jcmd", run.folder(), Map.of(), line), PATIENCE);
    }

    /** The folder of the tests' classes. */
    static Path classes() {
        return Path.of(LogScenes.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
    }

    // Maven.

    /** A build of a copy of this project, most of which fail; nothing is fetched. */
    void maven(LogRun run) throws Exception {
        Path copy = run.folder().resolve("sinkstream");
        copy(run.spark().project(), copy);
        Random random = run.random();
        List<String> line = new ArrayList<>(List.of("mvn", "-B", "-o"));
        if (random.nextInt(3) == 0) {
            line.add("-X");
        }
        switch (random.nextInt(12)) {
            case 0 -> line.add("clean");
            case 1 -> line.add("validate");
            case 2, 3 -> line.addAll(List.of(run.drawn(List.of("-e", "-V")), run.drawn(GOALS)));
            case 4, 5 ->
                line.addAll(List.of(
                        "test-compile",
                        "-D" + run.drawn(PROPERTIES) + "=" + run.between(0, 19) + "." + run.between(0, 30) + "."
                                + run.between(0, 9)));
            case 6 -> {
                spoil(run, copy, "        System.out.println( \"x\" ) ;\n");
                line.add("validate");
            }
            case 7 -> {
                spoil(
                        run,
                        copy,
                        run.drawn(List.of(
                                "    int broken() { return \"text\"; }\n",
                                "    String missing = nothing.toString();\n",
                                "    private void unclosed( {\n",
                                "    boolean same(Integer a, Integer b) { return a == b; }\n",
                                "    java.util.List raw;\n")));
                line.addAll(List.of("-pl", "udfs", "compile", "-Dspotless.check.skip"));
            }
            case 8 ->
                line.addAll(run.drawn(List.of(
                        List.of("-pl", "core", "compile"),
                        List.of("-Pfast", "validate"),
                        List.of("-f", "pom2.xml", "compile"),
                        List.of("validate", "-rf", ":web"))));
            case 9 ->
                line.addAll(List.of(
                        "-pl",
                        "udfs",
                        run.drawn(List.of(
                                "dependency:tree",
                                "dependency:list",
                                "dependency:analyze",
                                "dependency:resolve-plugins"))));
            case 10 -> {
                Path pom = copy.resolve(run.drawn(List.of("pom.xml", "job/pom.xml", "udfs/pom.xml")));
                String text = Files.readString(pom);
                Files.writeString(
                        pom,
                        random.nextBoolean()
                                ? text.replaceFirst("<version>", "<verson>")
                                : text.replaceFirst("<version>0.1.0-SNAPSHOT</version>\n", ""));
                line.add("validate");
            }
            default -> {
                Path test = run.drawn(sources(copy.resolve("udfs/src/test/java/io/sinkstream/cache")));
                Files.writeString(
                        test, Files.readString(test).replaceAll("isEqualTo\\((\\d+)\\)", "isEqualTo($1 + 1)"));
                line.addAll(List.of(
                        "-pl",
                        "udfs",
                        "test",
                        "-Dspotless.check.skip",
                        "-Dtest=" + test.getFileName().toString().replace(".java", ""),
                        "-Dsurefire.failIfNoSpecifiedTests=false"));
            }
        }
        String home = System.getProperty("user.home");
        Process maven = run.program(
                "maven", copy, Map.of("HOME", home, "MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -Duser.name=spark"), line);
        LogRun.end(maven, Duration.ofMinutes(2));
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java"))
                    .sorted()
                    .toList();
        }
    }

    /** Puts a line before the end of a class. */
    private static void spoil(LogRun run, Path copy, String line) throws IOException {
        Path source = run.drawn(sources(copy.resolve("udfs/src/main/java")));
        String text = Files.readString(source);
        int end = text.lastIndexOf('}');
        Files.writeString(source, text.substring(0, end) + line + text.substring(end), StandardCharsets.UTF_8);
    }

    private static void copy(Path from, Path to) throws IOException {
        for (String part : List.of(
                "pom.xml",
                ".mvn",
                "LICENSE",
                "NOTICE",
                "README.md",
                "conf",
                "udfs/pom.xml",
                "udfs/src",
                "job/pom.xml",
                "job/src")) {
            try (Stream<Path> files = Files.walk(from.resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path target = to.resolve(from.relativize(file).toString());
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                }
            }
        }
    }
}
