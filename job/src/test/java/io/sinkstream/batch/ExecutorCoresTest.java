package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.TorchEngine;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As many threads as an executor was given cores, and not as many as the machine has. */
class ExecutorCoresTest {
    private static final String BACKEND = "org.apache.spark.executor.CoarseGrainedExecutorBackend --driver-url"
            + " spark://CoarseGrainedScheduler@10.0.0.1:4040 --executor-id 0 --hostname h --cores 3 --app-id app-1"
            + " --worker-url spark://Worker@10.0.0.2:1 --resourceProfileId 0";

    private static int count(String command, String master, int processors) {
        SparkConf conf = new SparkConf(false).set("spark.master", master).set("spark.executor.cores", "7");
        return ExecutorCores.count(command, conf, processors);
    }

    @Test
    void anExecutorHasWhatItWasStartedWith() {
        assertThat(count(BACKEND, "spark://m:7077", 16)).isEqualTo(3);
        assertThat(count(BACKEND, "local-cluster[2,3,1024]", 16)).isEqualTo(3);
        assertThat(count(BACKEND, "spark://m:7077", 2)).isEqualTo(2);
        assertThat(count(
                        "org.apache.spark.executor.YarnCoarseGrainedExecutorBackend --executor-id 1 --cores 4 --app-id a",
                        "yarn",
                        16))
                .isEqualTo(4);
        assertThat(count(
                        "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend --executor-id 1 --cores 5",
                        "k8s://https://h",
                        16))
                .isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({"local, 1", "local[2], 2", "'local[3,4]', 3", "local[*], 16", "local[99], 16", "spark://m:1, 16"})
    void aJvmOfItsOwnHasWhatItsMasterSays(String master, int cores) {
        assertThat(count("io.sinkstream.job.Sinkstream score --cores 2", master, 16))
                .isEqualTo(cores);
    }

    @Test
    void libtorchTakesNoMore() {
        assumeTrue(System.getenv("OMP_NUM_THREADS") == null, "OMP_NUM_THREADS says how many");
        int own = threads(Integer.MAX_VALUE);
        assumeTrue(own > 1, "one core");
        try {
            assertThat(threads(1)).isEqualTo(1);
            assertThat(threads(own + 1)).isEqualTo(own);
        } finally {
            TorchEngine.limitThreads(Integer.MAX_VALUE);
        }
    }

    /** As a model's thread has it. */
    private static int threads(int limit) {
        TorchEngine.limitThreads(limit);
        CompletableFuture<Integer> threads = new CompletableFuture<>();
        new Thread(() -> {
                    try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS)) {
                        assertThat(manager.isOpen()).isTrue();
                        threads.complete(JniUtils.getNumThreads());
                    } catch (RuntimeException | Error e) {
                        threads.completeExceptionally(e);
                    }
                })
                .start();
        return threads.join();
    }
}
