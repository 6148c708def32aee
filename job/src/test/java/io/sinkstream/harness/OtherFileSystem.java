package io.sinkstream.harness;

import java.net.URI;
import java.util.List;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** A file system that is not the local one: {@code other:///path}, which Hadoop finds by {@code fs.other.impl}. */
public final class OtherFileSystem extends RawLocalFileSystem {
    /** The property that has Spark's configuration know it. */
    public static final String PROPERTY = "spark.hadoop.fs.other.impl";

    private static final URI ROOT = URI.create("other:///");

    /** What spark-submit is told, so that driver and executors know it. */
    public static List<String> options() {
        String classes = InstalledSpark.ofThisBuild().testClasses().toString();
        return List.of(
                "--driver-class-path",
                classes,
                "--conf",
                "spark.executor.extraClassPath=" + classes,
                "--conf",
                PROPERTY + "=" + OtherFileSystem.class.getName());
    }

    /** Made by Hadoop. */
    public OtherFileSystem() {}

    @Override
    public URI getUri() {
        return ROOT;
    }

    @Override
    public String getScheme() {
        return "other";
    }
}
