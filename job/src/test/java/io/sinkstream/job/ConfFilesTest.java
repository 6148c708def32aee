package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.plugin.SinkstreamPlugin;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.spark.SparkConf;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.internal.config.ConfigEntry;
import org.apache.spark.internal.config.Network$;
import org.apache.spark.metrics.sink.Sink;
import org.apache.spark.resource.ResourceID;
import org.apache.spark.resource.ResourceRequest;
import org.apache.spark.resource.ResourceRequirement;
import org.apache.spark.resource.ResourceUtils;
import org.apache.spark.sql.internal.SQLConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties files that are shipped: every name in them is one, and every value of ours is allowed. */
class ConfFilesTest {
    /** Spark reads these by their names and has no entry for them, nor for the next, of which one is YARN's part's. */
    private static final Set<String> ROCKS = Set.of("maxMemoryUsageMB");

    private static final Set<String> WITHOUT_ENTRY = Set.of(
            "spark.master",
            "spark.executor.resource.gpu.amount",
            "spark.executor.resource.gpu.discoveryScript",
            "spark.task.resource.gpu.amount",
            "spark.yarn.maxAppAttempts");

    private static final Set<String> ENVIRONMENT =
            Set.of("OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM", "PYTORCH_LIBRARY_PATH", "PYTORCH_FLAVOR");

    private static final Path CONF = Path.of("../conf").toAbsolutePath();

    private static Map<String, String> read(String name) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(CONF.resolve(name))) {
            properties.load(in);
        }
        Map<String, String> all = new HashMap<>();
        properties.forEach((key, value) -> all.put((String) key, ((String) value).strip()));
        return all;
    }

    @Test
    void allFilesAreTested() throws IOException {
        try (Stream<Path> files = Files.list(CONF)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "local.conf",
                            "cluster.conf",
                            "gpu.conf",
                            "streaming.conf",
                            "metrics.properties",
                            "log4j2.properties");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "local.conf, 25%, 0, auto",
        "cluster.conf, 3g, 0, auto",
        "gpu.conf, 50%, 0, gpu",
        "streaming.conf, 3g, 16, auto"
    })
    void ourSettingsAreKnownAndTheirValuesAllowed(String file, String cacheMemory, int partitions, String device)
            throws IOException {
        SettingValues values = SettingValues.resolve(Map.of(), read(file));

        assertThat(values.require(Settings.SINKS)).isEqualTo(4);
        assertThat(values.require(Settings.WINDOW)).isEqualTo(1020);
        assertThat(values.require(Settings.CACHE_MEMORY))
                .isEqualTo(SettingValues.of(Map.of("cache-memory", cacheMemory)).require(Settings.CACHE_MEMORY));
        assertThat(values.require(Settings.PARTITIONS)).isEqualTo(partitions);
        assertThat(values.require(Settings.DEVICE)).isEqualTo(device);
        assertThat(values.find(StreamSettings.CHECKPOINT)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"local.conf", "cluster.conf", "gpu.conf", "streaming.conf"})
    void settingsOfSparkAreKnownToIt(String file) throws Exception {
        // So that all of them are registered.
        SQLConf.get();
        assertThat(Network$.MODULE$.NETWORK_TIMEOUT()).isNotNull();
        for (Map.Entry<String, String> setting : read(file).entrySet()) {
            String name = setting.getKey();
            if (name.startsWith("spark.sinkstream.") || WITHOUT_ENTRY.contains(name)) {
                continue;
            }
            if (name.startsWith("spark.executorEnv.")) {
                assertThat(ENVIRONMENT).contains(name.substring(name.lastIndexOf('.') + 1));
                continue;
            }
            if (name.startsWith("spark.sql.streaming.stateStore.rocksdb.")) {
                assertThat(ROCKS).contains(name.substring(name.lastIndexOf('.') + 1));
                continue;
            }
            assertThat(ConfigEntry.findEntry(name)).as(name).isNotNull();
        }
        assertThat(Class.forName(read("streaming.conf").get("spark.plugins")))
                .isEqualTo(SinkstreamPlugin.class)
                .isAssignableTo(SparkPlugin.class);
    }

    @Test
    void fourTasksShareAGpu() throws IOException {
        SparkConf conf = new SparkConf(false);
        read("gpu.conf").forEach(conf::set);

        ResourceRequest executors = ResourceUtils.parseResourceRequest(conf, new ResourceID("spark.executor", "gpu"));
        ResourceRequirement tasks =
                ResourceUtils.parseResourceRequirements(conf, "spark.task").head();

        assertThat(executors.amount()).isEqualTo(1);
        assertThat(executors.discoveryScript().get()).endsWith("/getGpusResources.sh");
        assertThat(tasks.resourceName()).isEqualTo("gpu");
        assertThat(tasks.numParts()).isEqualTo(4).isEqualTo(Integer.parseInt(conf.get("spark.executor.cores")));
    }

    @Test
    void metricsGoToSinksOfSparks() throws Exception {
        Map<String, String> all = read("metrics.properties");
        List<String> sinks = all.keySet().stream()
                .filter(key -> key.endsWith(".class"))
                .sorted()
                .toList();

        assertThat(sinks).containsExactly("*.sink.csv.class", "*.sink.jmx.class", "*.sink.prometheusServlet.class");
        for (String sink : sinks) {
            assertThat(Class.forName(all.get(sink))).isAssignableTo(Sink.class);
        }
        assertThat(all.keySet()).allMatch(key -> sinks.stream()
                .anyMatch(sink -> key.startsWith(sink.substring(0, sink.length() - "class".length()))));
    }

    /** A cluster's task that fails and is run again ends no command, so nothing else tells of it. */
    @Test
    void failuresOfTasksStayVisible() {
        LoggerContext context = new LoggerContext("conf");
        context.setConfigLocation(CONF.resolve("log4j2.properties").toUri());
        try {
            for (String name :
                    List.of("org.apache.spark.scheduler.TaskSetManager", "org.apache.spark.executor.Executor")) {
                assertThat(context.getConfiguration().getLoggerConfig(name).getLevel())
                        .as(name)
                        .isEqualTo(Level.WARN);
            }
            assertThat(context.getConfiguration()
                            .getLoggerConfig("io.sinkstream.hub.Hub")
                            .getLevel())
                    .isEqualTo(Level.INFO);
        } finally {
            context.close();
        }
    }
}
