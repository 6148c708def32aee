package io.sinkstream.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings of Spark whose defaults are for tasks of much data and little work. A model's rows are few bytes and much work. The
 * commands set them where nobody has; in the session of a program, which has begun by then, it is told what to set.
 */
public final class ClusterSettings {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterSettings.class);

    private static final String LOCALITY = "spark.locality.wait";
    private static final String SPECULATION = "spark.speculation";
    private static final String HEARTBEAT = "spark.executor.heartbeatInterval";
    private static final String TIMEOUT = "spark.network.timeout";

    /** The application that was told of last. */
    private static final AtomicReference<String> TOLD = new AtomicReference<>();

    private ClusterSettings() {}

    /** Sets what nobody has set, for a batch; what a stream wants otherwise is set by then. */
    public static void complete(SparkConf conf) {
        // No task waits for a place that is nearer to its rows.
        conf.setIfMissing(LOCALITY, "0s");
        if (!isLocal(conf) && !conf.contains(HEARTBEAT) && !conf.contains(TIMEOUT)) {
            // libtorch may keep all cores busy for seconds, and a heartbeat is then late.
            conf.set(HEARTBEAT, "20s").set(TIMEOUT, "300s");
        }
    }

    /** Tells once an application, on a cluster, what of its settings costs a batch time or a model memory. */
    static void warn(SparkContext spark, ModelSource model) {
        warn(spark, model, batch(spark.getConf()));
    }

    /** The same for a stream, whose tasks do well to wait for the executor that has their caches. */
    public static void warnOfStream(SparkContext spark, ModelSource model) {
        warn(spark, model, stream(spark.getConf()));
    }

    private static void warn(SparkContext spark, ModelSource model, List<String> ofKind) {
        SparkConf conf = spark.getConf();
        String application = spark.applicationId();
        if (isLocal(conf) || application.equals(TOLD.getAndSet(application))) {
            return;
        }
        ofKind.forEach(LOG::warn);
        ContainerMemory.warning(conf, model).ifPresent(LOG::warn);
    }

    /** What to say of these settings, for a batch. */
    static List<String> batch(SparkConf conf) {
        List<String> told = ofAll(conf);
        if (conf.getTimeAsMs(LOCALITY, "3s") > 0) {
            told.add(LOCALITY + " is " + conf.get(LOCALITY, "3s")
                    + ": tasks wait so long for a place that is nearer to their rows; set it to 0s");
        }
        return told;
    }

    /** The same, for a stream. */
    static List<String> stream(SparkConf conf) {
        List<String> told = ofAll(conf);
        if (conf.getTimeAsSeconds(LOCALITY, "3s") < 30) {
            told.add(LOCALITY + " is " + conf.get(LOCALITY, "3s") + ": a task that goes to another executor than its"
                    + " streams' caches rebuilds them all; set it to 60s");
        }
        return told;
    }

    private static List<String> ofAll(SparkConf conf) {
        List<String> told = new ArrayList<>();
        if (conf.getBoolean(SPECULATION, false)) {
            told.add(SPECULATION
                    + " is on: a second copy of a task that takes long takes the first one's cores; set it to"
                    + " false");
        }
        if (conf.getTimeAsSeconds(TIMEOUT, "120s") < 120) {
            told.add(TIMEOUT + " is " + conf.get(TIMEOUT)
                    + ": executors whose cores are busy with a pass may be taken for" + " lost; set it to 300s, and "
                    + HEARTBEAT + " to 20s");
        }
        return told;
    }

    private static boolean isLocal(SparkConf conf) {
        return conf.get("spark.master", "").matches("local(\\[.*])?");
    }
}
