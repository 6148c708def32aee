package io.sinkstream.corpus;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Servers for {@link LogCorpus}, each with its clients in one JVM. Only Kafka's get things wrong, in failing runs. */
final class ServerScenes {
    private ServerScenes() {}

    /** A broker of its own. */
    static void kafka(LogRun run) throws Exception {
        Path clients = run.log("kafka-clients");
        Path logging = run.configs().kafka(level(run), clients);
        int kinds = run.isOrdinary() ? NoisyKafka.ORDINARY : NoisyKafka.ALL;
        serve(run, "kafka-broker", logging, NoisyKafka.class, List.of("" + run.between(10, 40), "" + kinds));
    }

    /** A ZooKeeper. */
    static void zooKeeper(LogRun run) throws Exception {
        Path logging = run.configs().server(level(run));
        serve(run, "zookeeper", logging, NoisyZooKeeper.class, List.of("" + run.between(10, 40)));
    }

    /** A name node and data nodes. */
    static void hdfs(LogRun run) throws Exception {
        Path logging = run.configs().server(level(run));
        serve(run, "hdfs", logging, NoisyHdfs.class, List.of("" + run.between(20, 80)));
    }

    private static String level(LogRun run) {
        return run.random().nextInt(4) == 0 ? "debug" : "info";
    }

    private static void serve(LogRun run, String program, Path logging, Class<?> main, List<String> more)
            throws Exception {
        List<String> line = run.jvm(run.drawnJvmOptions());
        line.addAll(List.of("-Xmx512m", "-Duser.name=spark", "-Dlog4j2.configurationFile=" + logging));
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        line.addAll(List.of(run.folder().toString(), "" + run.random().nextLong()));
        line.addAll(more);
        LogRun.end(run.program(program, run.folder(), Map.of(), line), LogRun.APPLICATION);
    }
}
