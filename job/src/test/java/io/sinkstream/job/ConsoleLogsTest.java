package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.settings.UserException;
import java.net.URI;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Filter;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleLogsTest {
    private static final String TASKS = "org.apache.spark.scheduler.TaskSetManager";

    private final LoggerContext context = new LoggerContext("console");

    @AfterEach
    void stop() {
        context.stop();
    }

    /** Which of them Spark has installed depends on whether its logs are structured. */
    @ParameterizedTest
    @ValueSource(strings = {"log4j2-defaults.properties", "log4j2-json-layout.properties"})
    void oursTakesThePlaceOfEachOfSparks(String sparks) throws Exception {
        context.setConfigLocation(
                SparkContext.class.getResource("/org/apache/spark/" + sparks).toURI());
        context.start();
        assertThat(context.getRootLogger().getLevel()).isEqualTo(Level.INFO);

        ConsoleLogs.quiet(context);

        assertThat(context.getRootLogger().getLevel()).isEqualTo(Level.WARN);
    }

    @Test
    void aUsersStays() {
        URI users = Path.of("../conf/log4j2.properties").toUri();
        context.setConfigLocation(users);
        context.start();

        ConsoleLogs.quiet(context);

        assertThat(context.getConfiguration().getConfigurationSource().getURI()).isEqualTo(users);
    }

    @Test
    void onAClusterTasksThatFailAreToldUnlessTheCommandDoes() {
        context.start();

        ConsoleLogs.ofACluster(context);

        assertThat(context.getLogger(TASKS).isEnabled(Level.WARN)).isTrue();
        assertThat(filtered("Lost task 0.0 in stage 3.0 (TID 5): java.io.IOException: No space left on device"))
                .isNotEqualTo(Filter.Result.DENY);
        assertThat(filtered("Lost task 0.0 in stage 3.0 (TID 5): " + UserException.class.getName() + ": --model ..."))
                .isEqualTo(Filter.Result.DENY);
        assertThat(context.getLogger("org.apache.spark.sql.execution.streaming.MicroBatchExecution")
                        .isEnabled(Level.ERROR))
                .isFalse();
    }

    private Filter.Result filtered(String message) {
        LoggerConfig tasks = context.getConfiguration().getLoggerConfig(TASKS);
        return tasks.getFilter()
                .filter(Log4jLogEvent.newBuilder()
                        .setLevel(Level.WARN)
                        .setMessage(new SimpleMessage(message))
                        .build());
    }
}
