package io.sinkstream.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.Settings;
import io.sinkstream.stream.SharedModels;
import io.sinkstream.testing.TestSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that is loaded while an executor starts. */
class ModelHostTest {
    private static final String LOADER = "sinkstream-preload";

    @TempDir
    private Path folder;

    private record Context(SparkConf conf, String executorID) implements PluginContext {
        @Override
        public MetricRegistry metricRegistry() {
            return new MetricRegistry();
        }

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

    /** Starts an executor with this model, and waits until its loader has ended. What that threw comes back. */
    private static List<Throwable> start(Path model, String executor) throws InterruptedException {
        TestSession.get();
        List<Throwable> thrown = new ArrayList<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> thrown.add(failure));
        try {
            SparkConf conf = new SparkConf(false)
                    .set(Settings.MODEL.key(), model.toString())
                    .set(Settings.WINDOW.key(), "28");
            new ModelHost().init(new Context(conf, executor), Map.of());
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
