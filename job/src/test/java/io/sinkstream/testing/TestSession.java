package io.sinkstream.testing;

import org.apache.spark.sql.SparkSession;

/** The session that all tests of a JVM share. Nobody closes it. */
public final class TestSession {
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
