package io.sinkstream.job;

import io.sinkstream.settings.UserException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.DefaultConfiguration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.filter.AbstractFilter;
import org.apache.spark.util.Utils$;

/** What of Spark's logs a command's console shows. Whoever configures logging, or names a logger, has the last word. */
final class ConsoleLogs {
    /** Where Spark's own configurations lie, of which there are several. */
    private static final String OF_SPARK = "org/apache/spark/log4j2-";

    /** What logs the stack trace of a failure that the command tells in its own words, or of no failure at all. */
    private static final List<String> TOLD_BY_THE_COMMAND = List.of(
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

    /** What logs that a task failed: in one JVM the first failure ends the command, which tells it. */
    private static final String TASKS = "org.apache.spark.scheduler.TaskSetManager";

    private static final List<String> TOLD_IN_ONE_JVM = List.of("org.apache.spark.executor.Executor", TASKS);

    private ConsoleLogs() {}

    /** Puts our own configuration in the place of Spark's, which tells every step; never in the place of a user's. */
    static void quiet() {
        // Else Spark installs its own later, when it first has something to say: spark-submit makes it forget that it
        // has.
        Utils$.MODULE$.initializeLogIfNecessary(false, true);
        if (LogManager.getContext(false) instanceof LoggerContext context) {
            quiet(context);
        }
    }

    static void quiet(LoggerContext context) {
        Configuration configuration = context.getConfiguration();
        String source = String.valueOf(configuration.getConfigurationSource().getLocation());
        if (configuration instanceof DefaultConfiguration || source.contains(OF_SPARK)) {
            context.setConfigLocation(location());
        }
    }

    private static URI location() {
        try {
            return ConsoleLogs.class.getResource("log4j2-quiet.properties").toURI();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Leaves out what a command tells that runs its tasks in this JVM. */
    static void ofOneJvm() {
        if (LogManager.getContext(false) instanceof LoggerContext context) {
            off(context, TOLD_BY_THE_COMMAND);
            off(context, TOLD_IN_ONE_JVM);
            context.updateLoggers();
        }
    }

    /** Leaves out what a command tells on a cluster: that tasks fail, and are run again, is told by nobody else. */
    static void ofACluster() {
        if (LogManager.getContext(false) instanceof LoggerContext context) {
            ofACluster(context);
        }
    }

    static void ofACluster(LoggerContext context) {
        off(context, TOLD_BY_THE_COMMAND);
        Configuration configuration = context.getConfiguration();
        if (!configuration.getLoggers().containsKey(TASKS)) {
            LoggerConfig tasks = new LoggerConfig(TASKS, Level.WARN, true);
            tasks.addFilter(new Mendable());
            configuration.addLogger(TASKS, tasks);
        }
        context.updateLoggers();
    }

    private static void off(LoggerContext context, List<String> loggers) {
        Configuration configuration = context.getConfiguration();
        loggers.stream()
                .filter(name -> !configuration.getLoggers().containsKey(name))
                .forEach(name -> configuration.addLogger(name, new LoggerConfig(name, Level.OFF, true)));
    }

    /** Leaves out what ends the command, in the task's own words. */
    private static final class Mendable extends AbstractFilter {
        @Override
        public Result filter(LogEvent event) {
            return event.getMessage().getFormattedMessage().contains(UserException.class.getName())
                    ? Result.DENY
                    : Result.NEUTRAL;
        }
    }
}
