package io.sinkstream.testing;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.state.StateStore$;

/** The session that all tests of a JVM share. Nobody closes it. */
public final class TestSession {
    static {
        // RocksDB prints statistics from a thread of its own, and ends the process with SIGSEGV if that wakes up while
        // the JVM leaves.
        Runtime.getRuntime().addShutdownHook(new Thread(StateStore$.MODULE$::stop, "state-stores-close"));
    }

    private TestSession() {}

    public static synchronized SparkSession get() {
        return SparkSession.builder()
                .master("local[2]")
                .appName("tests")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.files.openCostInBytes", "0")
                .getOrCreate();
    }
}
