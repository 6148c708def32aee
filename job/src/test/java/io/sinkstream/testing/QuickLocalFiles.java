package io.sinkstream.testing;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFs;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Hadoop's local files, with permissions that are set in the JVM. Without its native library Hadoop starts a process, {@code chmod},
 * for each file and folder that it makes. The unit tests' JVMs name these classes to Spark ({@code pom.xml}).
 */
public final class QuickLocalFiles extends LocalFileSystem {
    /** As Hadoop makes it. */
    public QuickLocalFiles() {
        super(new Raw());
    }

    /** The same for those who ask by {@code FileContext}, as Spark's checkpoints do. */
    public static final class Context extends ChecksumFs {
        /** As Hadoop makes it. */
        Context(URI uri, Configuration configuration) throws IOException, URISyntaxException {
            super(new RawContext(uri, configuration));
        }
    }

    private static final class RawContext extends DelegateToFileSystem {
        RawContext(URI uri, Configuration configuration) throws IOException, URISyntaxException {
            super(uri, new Raw(), configuration, "file", false);
        }

        @Override
        public int getUriDefaultPort() {
            return -1;
        }

        @Override
        public boolean isValidName(String name) {
            return true;
        }
    }

    private static final class Raw extends RawLocalFileSystem {
        @Override
        public void setPermission(Path path, FsPermission permission) throws IOException {
            if (permission.getStickyBit()) {
                super.setPermission(path, permission);
            } else {
                Files.setPosixFilePermissions(
                        pathToFile(path).toPath(), PosixFilePermissions.fromString(permission.toString()));
            }
        }
    }
}
