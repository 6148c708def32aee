package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** Drivers that are started again in vain. */
class AttemptsTest {
    private static SparkConf cluster(String master) {
        return new SparkConf(false).set("spark.submit.deployMode", "cluster").set("spark.master", master);
    }

    @Test
    void onYarnItIsToldHowToKeepItFromThat() {
        assertThat(Attempts.advice(cluster("yarn")).orElseThrow()).contains("spark.yarn.maxAppAttempts=1");
        assertThat(Attempts.advice(cluster("yarn").set("spark.yarn.maxAppAttempts", "1")))
                .isEmpty();
        assertThat(Attempts.advice(cluster("yarn").set("spark.submit.deployMode", "client")))
                .isEmpty();
    }

    @Test
    void aSupervisedDriverIsToldToo() {
        assertThat(Attempts.advice(cluster("spark://m:1"))).isEmpty();
        assertThat(Attempts.advice(cluster("spark://m:1").set("spark.driver.supervise", "true"))
                        .orElseThrow())
                .contains("without --supervise");
    }

    /** Spark's pods are never started again by themselves. */
    @Test
    void onKubernetesAndWithoutAClusterThereIsNothingToSay() {
        assertThat(Attempts.advice(cluster("k8s://https://h:1"))).isEmpty();
        assertThat(Attempts.advice(new SparkConf(false))).isEmpty();
    }
}
