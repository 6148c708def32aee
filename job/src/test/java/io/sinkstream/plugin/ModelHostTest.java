package io.sinkstream.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import io.sinkstream.harness.Streams;
import io.sinkstream.ml.StreamScorer;
import io.sinkstream.settings.Settings;
import io.sinkstream.stream.SharedModels;
import io.sinkstream.testing.TestSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

/** A model that is loaded while an executor starts. */
class ModelHostTest {
    private static final String LOADER = "sinkstream-preload";

    @TempDir
    private Path folder;

    record Context(SparkConf conf, String executorID, MetricRegistry metricRegistry) implements PluginContext {
        @Override
        public String hostname() {
            return "localhost";
        }

        @Override
        public Map<String, ResourceInformation> resources() {
            return Map.of();
        }

        @Override
        public void send(Object message) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object ask(Object message) {
            throw new UnsupportedOperationException();
        }
    }

    /** Starts an executor with this model and a window of 28, and waits until its loader has ended. What that threw comes back. */
    private static List<Throwable> start(Path model, String executor) throws InterruptedException {
        TestSession.get();
        List<Throwable> thrown = new ArrayList<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> thrown.add(failure));
        try {
            SparkConf conf = new SparkConf(false)
                    .set(Settings.MODEL.key(), model.toString())
                    .set(Settings.WINDOW.key(), "28");
            new ModelHost().init(new Context(conf, executor, new MetricRegistry()), Map.of());
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals(LOADER)) {
                    thread.join();
                }
            }
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        return thrown;
    }

    private static boolean isLoaded(Path model) {
        return SharedModels.usage().keySet().stream()
                .anyMatch(options -> options.model().equals(model));
    }

    @Test
    void theModelOfTheConfigurationIsLoadedOnExecutors() throws Exception {
        Path model = Streams.model(folder.resolve("model"));

        assertThat(start(model, "driver")).isEmpty();
        assertThat(isLoaded(model)).isFalse();
        assertThat(start(model, "1")).isEmpty();
        assertThat(isLoaded(model)).isTrue();
    }

    @Test
    void rowsOfTablesCountAsThoseOfStreamsDo() throws Exception {
        SparkSession spark = TestSession.get();
        MetricRegistry metrics = CollectionConverters.asJava(
                        SparkEnv.get().metricsSystem().getSourcesByName("plugin." + SinkstreamPlugin.class.getName()))
                .get(0)
                .metricRegistry();
        List<Object> before = batchRows(metrics);
        String path = Streams.model(folder.resolve("counted")).toString();

        new StreamScorer()
                .setModel(path)
                .setKeyCol("key")
                .setOrderCol("seq")
                .transform(spark.sql("SELECT * FROM VALUES ('a', 1, 'x'), ('a', 2, null), ('a', 2, 'y'), ('b', 1, 'z')"
                        + " AS (key, seq, text)"))
                .collectAsList();

        List<Object> after = batchRows(metrics);
        assertThat((Long) after.get(0) - (Long) before.get(0)).as("good").isEqualTo(3);
        assertThat((Long) after.get(2) - (Long) before.get(2)).as("bad").isEqualTo(1);
        assertThat(after.get(1)).as("late").isEqualTo(before.get(1));
    }

    private static List<Object> batchRows(MetricRegistry metrics) {
        return Stream.of("batch.rows", "batch.rows.late", "batch.rows.bad")
                .map(name -> metrics.getGauges().get(name).getValue())
                .toList();
    }

    /** Spark takes an executor whose threads throw for a lost one, and starts the next, which does the same. */
    @Test
    void anExecutorOutlivesAModelThatCantBeLoaded() throws Exception {
        Path cut = Streams.model(folder.resolve("cut"));
        byte[] weights = Files.readAllBytes(cut.resolve("model.safetensors"));
        Files.write(cut.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length / 2));

        assertThat(start(folder.resolve("none"), "1")).isEmpty();
        assertThat(start(cut, "1")).isEmpty();
        assertThat(isLoaded(cut)).isFalse();
    }
}
