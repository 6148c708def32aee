package io.sinkstream.job;

import io.sinkstream.batch.ClusterSettings;
import io.sinkstream.batch.ContainerMemory;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.plugin.SinkstreamPlugin;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkStatusTracker;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.state.StateStore$;

/** The Spark session of one command: the one that is there already, or one that ends with the command. */
final class Session implements AutoCloseable {
    /** How long a task is waited for that was cancelled. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long LOOK_MILLIS = 20;

    private final SparkSession spark;
    private final boolean isOurs;

    private Session(SparkSession spark, boolean isOurs) {
        this.spark = spark;
        this.isOurs = isOurs;
    }

    /** Opens it, with what Spark's configuration says and {@code local[*]} where it names no master. */
    static Session open(String name) {
        return open(name, Map.of());
    }

    /** The same with these settings of Spark, where its configuration does not say otherwise. */
    static Session open(String name, Map<String, String> defaults) {
        return open(conf(name, defaults), Map.of());
    }

    /** The same for a command that runs this model, and no other: executors load it while they start. */
    static Session open(String name, ModelSource model, SettingValues values) {
        return open(name, model, values, Map.of());
    }

    /** The same with these settings of Spark, where its configuration does not say otherwise. */
    static Session open(String name, ModelSource model, SettingValues values, Map<String, String> defaults) {
        SparkConf conf = conf(name, defaults);
        ContainerMemory.complete(conf, model);
        return open(conf, preloaded(model, values));
    }

    /** The settings by which executors get the model that the command's tasks ask for, whatever its command line says. */
    static Map<String, String> preloaded(ModelSource model, SettingValues values) {
        Map<String, String> settings = values.configuration(Settings.OF_MODEL);
        settings.put(Settings.MODEL.key(), model.onExecutors().name());
        // The name has it.
        settings.remove(Settings.REVISION.key());
        return settings;
    }

    /** What Spark's configuration says, and what it does not say and Spark has no right default for. */
    static SparkConf conf(String name, Map<String, String> defaults) {
        SparkConf conf = new SparkConf()
                .setIfMissing("spark.master", "local[*]")
                .setIfMissing("spark.app.name", name)
                // What executors do is seen by Spark's metrics system.
                .setIfMissing("spark.plugins", SinkstreamPlugin.class.getName())
                // The command tells its own progress.
                .setIfMissing("spark.ui.showConsoleProgress", "false");
        defaults.forEach(conf::setIfMissing);
        if (conf.get("spark.master").startsWith("local")) {
            // How often a running task's counts are told. On a cluster less is often enough.
            conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
        }
        ClusterSettings.complete(conf);
        return conf;
    }

    private static Session open(SparkConf conf, Map<String, String> model) {
        boolean isOurs = SparkSession.getDefaultSession().isEmpty();
        // A command that runs none, or several, has none loaded that it may not use.
        conf.remove(Settings.MODEL.key());
        conf.remove(Settings.REVISION.key());
        model.forEach(conf::set);
        if (conf.get("spark.master").startsWith("local")) {
            ConsoleLogs.ofOneJvm();
        } else {
            ConsoleLogs.ofACluster();
        }
        return new Session(SparkSession.builder().config(conf).getOrCreate(), isOurs);
    }

    SparkSession spark() {
        return spark;
    }

    @Override
    public void close() {
        if (isOurs) {
            awaitCancelledTasks();
            spark.stop();
            // Spark leaves them open, and RocksDB's own thread may then end the leaving process with SIGSEGV.
            StateStore$.MODULE$.stop();
        }
    }

    /** They tell their end. Where nobody listens any more by then, Spark logs that with a trace. */
    private void awaitCancelledTasks() {
        SparkStatusTracker tracker = spark.sparkContext().statusTracker();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (Stream.of(tracker.getExecutorInfos()).anyMatch(executor -> executor.numRunningTasks() > 0)
                    && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
