package io.sinkstream.batch;

import io.sinkstream.stream.TorchEngine;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;

/**
 * The cores that this JVM's tasks have: what the cluster granted, which need not be what was asked for, nor what the machine has.
 * All tasks share a model whose passes come one after the other, so that a pass may use all of them.
 */
public final class ExecutorCores {
    /** Every cluster manager starts an executor with its cores as an argument; nothing else in it says how many it got. */
    private static final Pattern GRANTED =
            Pattern.compile("org\\.apache\\.spark\\.\\S*ExecutorBackend .*--cores (?<cores>[0-9]{1,9})(?: .*)?");

    private static final Pattern LOCAL = Pattern.compile("local(?:\\[(?<cores>[0-9]{1,9})(?:,.*)?])?");

    private ExecutorCores() {}

    /**
     * Has libtorch take as many threads as there are, unless somebody says how many. For an executor only
     * {@code spark.executorEnv.OMP_NUM_THREADS} does: where it is missing Spark puts {@code spark.task.cpus} into its environment, one
     * (SPARK-41188), which is for tasks that compute each by itself.
     */
    public static void limitThreads() {
        String command = System.getProperty("sun.java.command", "");
        SparkConf conf = SparkEnv.get().conf();
        int cores = count(command, conf, Runtime.getRuntime().availableProcessors());
        if (!GRANTED.matcher(command).matches()) {
            TorchEngine.limitThreads(cores);
        } else if (!conf.contains("spark.executorEnv.OMP_NUM_THREADS")) {
            TorchEngine.takeThreads(cores);
        }
    }

    /**
     * How many there are.
     *
     * @param command the main class of this JVM and its arguments
     * @param processors that this machine or container has
     */
    static int count(String command, SparkConf conf, int processors) {
        Matcher granted = GRANTED.matcher(command);
        Matcher local = LOCAL.matcher(conf.get("spark.master", ""));
        int cores = processors;
        if (granted.matches()) {
            cores = Integer.parseInt(granted.group("cores"));
        } else if (local.matches()) {
            cores = local.group("cores") == null ? 1 : Integer.parseInt(local.group("cores"));
        }
        return Math.max(1, Math.min(cores, processors));
    }
}
