package io.sinkstream.job;

import java.util.Optional;
import org.apache.spark.SparkConf;

/**
 * Cluster managers that start a driver again that ended with an error, whatever its exit code says. What the user has to mend they
 * can't be told from inside the driver: it fails in the same way, in seconds and before a job starts.
 */
final class Attempts {
    private static final String ON_YARN = "spark.yarn.maxAppAttempts";
    private static final String SUPERVISED = "spark.driver.supervise";

    private Attempts() {}

    /** What to set so that this driver is not started again in vain, if it may be. */
    static Optional<String> advice(SparkConf conf) {
        if (!conf.get("spark.submit.deployMode", "client").equals("cluster")) {
            return Optional.empty();
        }
        String master = conf.get("spark.master", "");
        if (master.equals("yarn") && !conf.get(ON_YARN, "").equals("1")) {
            return Optional.of("sinkstream: YARN may start this driver again, to the same end; " + ON_YARN
                    + "=1 keeps it" + " from that (for a stream see that it starts first)");
        }
        if (master.startsWith("spark:") && conf.getBoolean(SUPERVISED, false)) {
            return Optional.of(
                    "sinkstream: this driver is supervised, and so is started again and again to the same end;"
                            + " end it by spark-submit --kill, and submit it without --supervise until it starts");
        }
        return Optional.empty();
    }
}
