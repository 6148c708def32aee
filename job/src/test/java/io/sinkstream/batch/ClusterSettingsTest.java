package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Streams;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.stream.ModelOptions;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is set, or told, where Spark's own defaults are not for a model. */
class ClusterSettingsTest {
    private static final int MIB = 20;

    @TempDir
    private Path folder;

    private static SparkConf on(String master) {
        return new SparkConf(false).set("spark.master", master);
    }

    private ModelSource model(String cacheMemory) throws Exception {
        Path model = Streams.model(folder.resolve("model"));
        // Sparse: 3 GiB that take no room.
        try (RandomAccessFile weights =
                new RandomAccessFile(model.resolve("rest.safetensors").toFile(), "rw")) {
            weights.setLength(3L << 30);
        }
        return new ModelSource(
                model.toString(), ModelOptions.from(model, SettingValues.of(Map.of("cache-memory", cacheMemory))));
    }

    @Test
    void onAClusterTimesAreSetWhereNobodyHas() {
        SparkConf conf = on("spark://m:1");
        ClusterSettings.complete(conf);
        assertThat(conf.get("spark.locality.wait")).isEqualTo("0s");
        assertThat(conf.get("spark.executor.heartbeatInterval")).isEqualTo("20s");
        assertThat(conf.get("spark.network.timeout")).isEqualTo("300s");
        assertThat(ClusterSettings.batch(conf)).isEmpty();

        // Together with ours, a short one would be refused.
        SparkConf given = on("yarn").set("spark.locality.wait", "60s").set("spark.network.timeout", "15s");
        ClusterSettings.complete(given);
        assertThat(given.get("spark.locality.wait")).isEqualTo("60s");
        assertThat(given.contains("spark.executor.heartbeatInterval")).isFalse();

        SparkConf local = on("local[2]");
        ClusterSettings.complete(local);
        assertThat(local.contains("spark.network.timeout")).isFalse();
        assertThat(local.get("spark.locality.wait")).isEqualTo("0s");
    }

    @Test
    void whatCostsTimeIsTold() {
        SparkConf conf = on("yarn").set("spark.speculation", "true").set("spark.network.timeout", "60s");

        assertThat(ClusterSettings.batch(conf))
                .containsExactly(
                        "spark.speculation is on: a second copy of a task that takes long takes the first one's cores; set it to"
                                + " false",
                        "spark.network.timeout is 60s: executors whose cores are busy with a pass may be taken for lost; set it"
                                + " to 300s, and spark.executor.heartbeatInterval to 20s",
                        "spark.locality.wait is 3s: tasks wait so long for a place that is nearer to their rows; set it to"
                                + " 0s");
        assertThat(ClusterSettings.stream(on("yarn")))
                .containsExactly(
                        "spark.locality.wait is 3s: a task that goes to another executor than its streams' caches"
                                + " rebuilds them all; set it to 60s");
        assertThat(ClusterSettings.stream(on("yarn").set("spark.locality.wait", "1min")))
                .isEmpty();
    }

    @Test
    void aContainerIsAsLargeAsItsModelNeeds() throws Exception {
        for (String master : new String[] {"yarn", "k8s://https://h:1"}) {
            SparkConf conf = on(master);
            ContainerMemory.complete(conf, model("2g"));
            // The weights, the caches and 1 GiB.
            assertThat(conf.get("spark.executor.memoryOverhead")).isEqualTo((3 + 2 + 1) * 1024 + "m");
            assertThat(ContainerMemory.warning(conf, model("2g"))).isEmpty();
        }
        // A share of the container, in which 1 GiB is heap: a quarter of 20/3 GiB.
        SparkConf share = on("yarn");
        ContainerMemory.complete(share, model("25%"));
        assertThat(share.getSizeAsMb("spark.executor.memoryOverhead")).isEqualTo(4096 + 1706);

        SparkConf standalone = on("spark://m:1");
        ContainerMemory.complete(standalone, model("2g"));
        assertThat(standalone.contains("spark.executor.memoryOverhead")).isFalse();
        assertThat(ContainerMemory.warning(standalone, model("2g"))).isEmpty();
    }

    @Test
    void aContainerThatIsTooSmallIsTold() throws Exception {
        SparkConf conf =
                on("yarn").set("spark.executor.memory", "8g").set("spark.executor.memoryOverheadFactor", "0.2");
        ContainerMemory.complete(conf, model("2g"));

        assertThat(conf.contains("spark.executor.memoryOverhead")).isFalse();
        assertThat(ContainerMemory.warning(conf, model("2g")))
                .contains("executors have 1638 MiB beside their heap, and may take 6144 for weights, --cache-memory and"
                        + " libtorch, for which YARN and Kubernetes end them; set spark.executor.memoryOverhead=6144m, or a"
                        + " smaller --cache-memory");
        assertThat(ContainerMemory.warning(conf.set("spark.executor.memoryOverhead", "6g"), model("2g")))
                .isEmpty();
    }

    @Test
    void aShareForCachesIsOneOfTheContainer() throws Exception {
        ModelOptions options = model("25%")
                .options()
                .withCompute(model("25%").options().compute().withDevice("cpu"));
        SparkConf conf = on("yarn").set("spark.executor.memory", "1g").set("spark.executor.memoryOverhead", "3g");

        assertThat(ContainerMemory.shared(options, conf).cacheMemory().bytes()).isEqualTo((4096L << MIB) / 100 * 25);
        assertThat(ContainerMemory.shared(options, on("spark://m:1"))).isEqualTo(options);
        assertThat(ContainerMemory.shared(options.withCacheBytes(7), conf)).isEqualTo(options.withCacheBytes(7));
    }
}
