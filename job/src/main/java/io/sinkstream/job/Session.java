package io.sinkstream.job;

import io.sinkstream.plugin.SinkstreamPlugin;
import java.net.URISyntaxException;
import java.net.URL;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.DefaultConfiguration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkStatusTracker;
import org.apache.spark.sql.SparkSession;

/** The Spark session of one command: the one that is there already, or one that ends with the command. */
final class Session implements AutoCloseable {
    /** What logs the stack trace of a failure that the command tells in its own words, or of no failure at all. */
    private static final List<String> TOLD_BY_THE_COMMAND = List.of(
            "org.apache.spark.executor.Executor",
            "org.apache.spark.scheduler.TaskSetManager",
            "org.apache.spark.sql.execution.datasources.FileFormatWriter",
            "org.apache.spark.sql.execution.datasources.v2.WriteToDataSourceV2Exec",
            "org.apache.spark.sql.execution.datasources.v2.OverwriteByExpressionExec",
            "org.apache.spark.sql.execution.streaming.MicroBatchExecution",
            // Adaptive execution is off in micro-batches, and nobody asked for it.
            "org.apache.spark.sql.execution.streaming.ResolveWriteToStream",
            "org.apache.spark.sql.execution.streaming.ResolveWriteToStream$",
            "org.apache.spark.metrics.MetricsSystem",
            "org.apache.spark.util.Utils",
            // It takes a glob for a missing file.
            "org.apache.spark.sql.execution.streaming.FileStreamSink",
            "org.apache.spark.sql.execution.streaming.sinks.FileStreamSink");

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
        quietLogs();
        boolean isOurs = SparkSession.getDefaultSession().isEmpty();
        SparkConf conf = new SparkConf()
                .setIfMissing("spark.master", "local[*]")
                .setIfMissing("spark.app.name", name)
                // What executors do is seen by Spark's metrics system.
                .setIfMissing("spark.plugins", SinkstreamPlugin.class.getName())
                // The command tells its own progress.
                .setIfMissing("spark.ui.showConsoleProgress", "false");
        defaults.forEach(conf::setIfMissing);
        if (conf.get("spark.master").startsWith("local")) {
            // How often a running task's counts are told. On a cluster Spark's 10 s are often enough.
            conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
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

    /** Puts our own logging in the place of Spark's default, which tells every step; never in the place of a user's. */
    private static void quietLogs() {
        if (!(LogManager.getContext(false) instanceof LoggerContext context)) {
            return;
        }
        Configuration configuration = context.getConfiguration();
        String source = String.valueOf(configuration.getConfigurationSource().getLocation());
        if (configuration instanceof DefaultConfiguration || source.contains("org/apache/spark/log4j2-defaults")) {
            URL quiet = Session.class.getResource("log4j2-quiet.properties");
            try {
                Configurator.reconfigure(quiet.toURI());
            } catch (URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        }
        // Whoever names one of these in a configuration wants to see it.
        Set<String> named = context.getConfiguration().getLoggers().keySet();
        TOLD_BY_THE_COMMAND.stream()
                .filter(logger -> !named.contains(logger))
                .forEach(logger -> Configurator.setLevel(logger, Level.OFF));
    }
}
