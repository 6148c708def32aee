package io.sinkstream.state;

import io.sinkstream.settings.UserException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;

/** What state per key, kept for ever, needs of Spark's state store. */
public final class StoreSettings {
    private static final Map<String, String> NEEDED = new TreeMap<>(Map.of(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
            "spark.sql.streaming.stateStore.checkpointFormatVersion",
            "2",
            "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled",
            "true",
            "spark.sql.streaming.stateStore.rocksdb.boundedMemoryUsage",
            "true",
            // An operator that has timers would run empty micro-batches without end.
            "spark.sql.streaming.noDataMicroBatches.enabled",
            "false"));

    private StoreSettings() {}

    /**
     * Sets the session's configuration so, where Spark's does not say otherwise, and the number of shuffle partitions.
     *
     * @throws UserException if another state store than RocksDB's is set
     */
    public static void apply(SparkSession spark, int partitions) {
        RuntimeConfig conf = spark.conf();
        NEEDED.forEach((key, value) -> {
            if (!spark.sparkContext().getConf().contains(key)) {
                conf.set(key, value);
            }
        });
        String provider = conf.get("spark.sql.streaming.stateStore.providerClass");
        if (!provider.contains("RocksDB")) {
            throw new UserException("spark.sql.streaming.stateStore.providerClass is " + provider
                    + "; state per key needs RocksDB's, leave it out");
        }
        conf.set("spark.sql.shuffle.partitions", partitions);
    }
}
