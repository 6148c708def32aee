package io.sinkstream.harness;

import java.net.URI;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** A file system that is not the local one: {@code other:///path}, which Hadoop finds by {@code fs.other.impl}. */
public final class OtherFileSystem extends RawLocalFileSystem {
    /** The property that has Spark's configuration know it. */
    public static final String PROPERTY = "spark.hadoop.fs.other.impl";

    private static final URI ROOT = URI.create("other:///");

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
