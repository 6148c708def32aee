package io.sinkstream.batch;

import io.sinkstream.decoder.Hardware;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.Settings;
import io.sinkstream.stream.ModelOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * What YARN and Kubernetes give an executor, which they end if it takes more: a heap, and the overhead, in which weights, caches and
 * libtorch have to fit. In MiB, as Spark counts.
 */
public final class ContainerMemory {
    private static final String HEAP = "spark.executor.memory";
    private static final String OVERHEAD = "spark.executor.memoryOverhead";
    private static final String FACTOR = "spark.executor.memoryOverheadFactor";
    private static final String LEAST = "spark.executor.minMemoryOverhead";
    private static final String OF_KUBERNETES = "spark.kubernetes.memoryOverheadFactor";

    /** libtorch, its threads and what a pass needs. */
    private static final long LIBRARIES = 1024;

    private static final int MIB = 20;

    private ContainerMemory() {}

    private static boolean isLimited(SparkConf conf) {
        String master = conf.get("spark.master", "");
        return master.equals("yarn") || master.startsWith("k8s://");
    }

    /** Asks for an overhead that the model fits into, where nothing is said of it. */
    public static void complete(SparkConf conf, ModelSource model) {
        boolean isSaid = conf.contains(OVERHEAD) || conf.contains(FACTOR) || conf.contains(OF_KUBERNETES);
        if (isLimited(conf) && !isSaid) {
            conf.set(OVERHEAD, needed(conf, model.options()) + "m");
        }
    }

    /** What to say if the model does not fit. */
    public static Optional<String> warning(SparkConf conf, ModelSource model) {
        long needed = isLimited(conf) ? needed(conf, model.options()) : 0;
        long overhead = overhead(conf);
        return overhead >= needed
                ? Optional.empty()
                : Optional.of("executors have " + overhead + " MiB beside their heap, and may take " + needed
                        + " for weights, " + Settings.CACHE_MEMORY + " and libtorch, for which YARN and Kubernetes end"
                        + " them; set " + OVERHEAD + "=" + needed + "m, or a smaller " + Settings.CACHE_MEMORY);
    }

    /** The options with caches' share taken of the container, where there is one: YARN's machine is larger. */
    static ModelOptions shared(ModelOptions options, SparkConf conf) {
        MemoryBudget caches = options.cacheMemory();
        if (!isLimited(conf)
                || caches.percent() == 0
                || Hardware.mayBeGpu(options.compute().device())) {
            return options;
        }
        return options.withCacheBytes(caches.bytesOf(() -> (conf.getSizeAsMb(HEAP, "1g") + overhead(conf)) << MIB));
    }

    private static long overhead(SparkConf conf) {
        if (conf.contains(OVERHEAD)) {
            return conf.getSizeAsMb(OVERHEAD);
        }
        double factor = conf.getDouble(FACTOR, conf.getDouble(OF_KUBERNETES, 0.1));
        return Math.max(conf.getSizeAsMb(LEAST, "384m"), (long) (factor * conf.getSizeAsMb(HEAP, "1g")));
    }

    private static long needed(SparkConf conf, ModelOptions options) {
        long beside = LIBRARIES + weights(options);
        MemoryBudget caches = options.cacheMemory();
        int percent = caches.percent();
        // A share of the container, of which the caches are a part.
        return percent == 0
                ? beside + (caches.amount() >> MIB)
                : beside + percent * (beside + conf.getSizeAsMb(HEAP, "1g")) / Math.max(1, 100 - percent);
    }

    /** What the checkpoint takes on disk, twice that where it is run in a wider type. */
    private static long weights(ModelOptions options) {
        try (Stream<Path> files = Files.list(options.model())) {
            long bytes = files.filter(file -> file.toString().endsWith(".safetensors"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
            boolean isWider = options.compute().dtype().equals("float32");
            return ((isWider ? 2 : 1) * bytes) >> MIB;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
