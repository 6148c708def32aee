package io.sinkstream.plugin;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sinkstream.batch.ExecutorCounts;
import io.sinkstream.batch.ExecutorModel;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.cache.CachePool;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.stream.SharedModels;
import io.sinkstream.stream.StreamModelUsage;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An executor that hosts models: what they do, as metrics; preloaded; freed at the end. */
final class ModelHost implements ExecutorPlugin {
    private static final Logger LOG = LoggerFactory.getLogger(ModelHost.class);

    @Override
    public void init(PluginContext context, Map<String, String> extraConf) {
        MetricRegistry metrics = context.metricRegistry();
        rowGauges(metrics, "batch.rows", ExecutorCounts.BATCH);
        rowGauges(metrics, "stream.rows", ExecutorCounts.STREAM);
        gauge(metrics, "model.passes", () -> sum(StreamModelUsage::passes));
        gauge(metrics, "model.tokens", () -> sum(StreamModelUsage::tokens));
        gauge(metrics, "model.tokens.rebuilt", () -> sum(StreamModelUsage::rebuiltTokens));
        metrics.register("model.batch.fill", (Gauge<Double>) ModelHost::batchFill);
        metrics.register("model.batch.streams", (Gauge<Double>) ModelHost::batchStreams);
        cacheGauge(metrics, "hits", CachePool.Usage::hits);
        cacheGauge(metrics, "misses", CachePool.Usage::misses);
        cacheGauge(metrics, "evictions", CachePool.Usage::evictions);
        cacheGauge(metrics, "count", usage -> usage.held() + usage.idle());
        cacheGauge(metrics, "bytes", usage -> usage.heldBytes() + usage.idleBytes());
        preload(context);
    }

    /** As bytes and counts are, whole numbers. */
    private static void gauge(MetricRegistry metrics, String name, Gauge<Long> gauge) {
        metrics.register(name, gauge);
    }

    private static void rowGauges(MetricRegistry metrics, String name, ExecutorCounts counts) {
        gauge(metrics, name, counts::goodRows);
        gauge(metrics, name + ".late", counts::lateRows);
        gauge(metrics, name + ".bad", counts::badRows);
    }

    private static void cacheGauge(MetricRegistry metrics, String name, ToLongFunction<CachePool.Usage> count) {
        gauge(metrics, "model.caches." + name, () -> sum(usage -> count.applyAsLong(usage.caches())));
    }

    private static long sum(ToLongFunction<StreamModelUsage> count) {
        return SharedModels.usage().values().stream().mapToLong(count).sum();
    }

    /** How full passes are on average, of the most tokens that they may take. */
    private static double batchFill() {
        long most = SharedModels.usage().entrySet().stream()
                .mapToLong(
                        entry -> entry.getKey().passTokens() * entry.getValue().passes())
                .sum();
        return most == 0 ? 0 : sum(StreamModelUsage::tokens) / (double) most;
    }

    /** How many streams a pass advances on average. */
    private static double batchStreams() {
        long passes = sum(StreamModelUsage::passes);
        return passes == 0 ? 0 : sum(StreamModelUsage::streams) / (double) passes;
    }

    /** Loads the model of Spark's configuration, if it names one, while the executor starts. A command has its own named there. */
    private static void preload(PluginContext context) {
        Map<String, String> configuration =
                Stream.of(context.conf().getAll()).collect(Collectors.toMap(pair -> pair._1(), pair -> pair._2()));
        if (!configuration.containsKey(Settings.MODEL.key())
                || context.executorID().equals("driver")) {
            return;
        }
        Thread loader = new Thread(
                () -> {
                    try {
                        ModelSource source = ModelSource.from(SettingValues.resolve(Map.of(), configuration));
                        try (SharedModels.Held held = ExecutorModel.hold(source, context.resources())) {
                            LOG.info("loaded {}", held.model().description());
                        }
                    } catch (RuntimeException | Error e) {
                        // The first task says so too, and to the user. An executor that can't load it yet is no less
                        // one.
                        LOG.warn("the model is not loaded: {}", e.getMessage());
                    }
                },
                "sinkstream-preload");
        loader.setDaemon(true);
        loader.start();
    }

    @Override
    public void shutdown() {
        SharedModels.closeAll();
    }
}
