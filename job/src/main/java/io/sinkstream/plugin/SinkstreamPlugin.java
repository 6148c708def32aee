package io.sinkstream.plugin;

import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Loads the model before the first task asks for it, tells Spark's metrics system what executors do, and frees native memory at
 * their end. The commands set it by themselves; a program that uses the API sets {@code spark.plugins} to this class.
 */
public final class SinkstreamPlugin implements SparkPlugin {
    /** Nothing to do there: the driver loads no model. */
    @Override
    public DriverPlugin driverPlugin() {
        return null;
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new ModelHost();
    }
}
