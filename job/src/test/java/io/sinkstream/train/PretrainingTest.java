package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class PretrainingTest {
    /** Spark says so when the barrier stage begins, behind all the reading, tokenizing and packing. */
    @Test
    void executorsThatComeAndGoAreRefused() {
        SparkConf conf = new SparkConf(false);
        assertThatNoException().isThrownBy(() -> Pretraining.requireFixed(conf, false));
        conf.set("spark.dynamicAllocation.enabled", "true");

        assertThatThrownBy(() -> Pretraining.requireFixed(conf, false))
                .isExactlyInstanceOf(UserException.class)
                .hasMessageStartingWith(
                        "spark.dynamicAllocation.enabled is true, and a training runs as a barrier stage");
        // Where there are no executors of their own none go.
        assertThatNoException().isThrownBy(() -> Pretraining.requireFixed(conf, true));
    }
}
