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
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.internal.config.ConfigEntry;
import org.apache.spark.sql.internal.SQLConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties files that are shipped: every name in them is one, and every value of ours is allowed. */
class ConfFilesTest {
    /** Spark reads these by their names and has no entry for them. */
    private static final Set<String> ROCKS = Set.of("maxMemoryUsageMB");

    private static Map<String, String> read(String name) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(Path.of("../conf").resolve(name))) {
            properties.load(in);
        }
        Map<String, String> all = new HashMap<>();
        properties.forEach((key, value) -> all.put((String) key, ((String) value).strip()));
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"score.conf", "stream.conf"})
    void ourSettingsAreKnownAndTheirValuesAllowed(String file) throws IOException {
        Map<String, String> all = read(file);

        SettingValues values = SettingValues.resolve(Map.of(), all);

        assertThat(values.require(Settings.SINKS)).isEqualTo(4);
        assertThat(values.require(Settings.WINDOW)).isEqualTo(1020);
        assertThat(values.require(Settings.CACHE_MEMORY).bytes()).isEqualTo(3L << 30);
        assertThat(values.require(Settings.PARTITIONS)).isEqualTo(file.equals("stream.conf") ? 16 : 0);
        assertThat(values.find(StreamSettings.CHECKPOINT)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"score.conf", "stream.conf"})
    void settingsOfSparkAreKnownToIt(String file) throws Exception {
        // So that all of them are registered.
        SQLConf.get();
        for (Map.Entry<String, String> setting : read(file).entrySet()) {
            String name = setting.getKey();
            if (name.startsWith("spark.sinkstream.") || name.startsWith("spark.executorEnv.")) {
                continue;
            }
            if (name.startsWith("spark.sql.streaming.stateStore.rocksdb.")) {
                assertThat(ROCKS).contains(name.substring(name.lastIndexOf('.') + 1));
                continue;
            }
            assertThat(ConfigEntry.findEntry(name)).as(name).isNotNull();
        }
        assertThat(Class.forName(read("stream.conf").get("spark.plugins")))
                .isEqualTo(SinkstreamPlugin.class)
                .isAssignableTo(SparkPlugin.class);
    }
}
