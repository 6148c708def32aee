package io.sinkstream.batch;

import io.sinkstream.hub.RemoteFolder;
import io.sinkstream.settings.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkContext$;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;
import scala.Option;

/** A model's folder on any of Hadoop's file systems: HDFS, an object store, whatever Spark's configuration names. */
record HadoopFolder(FileSystem system, Path path) implements RemoteFolder {
    /**
     * The folder with this address.
     *
     * @throws UserException if there is no such file system here
     */
    static HadoopFolder at(String address) {
        try {
            Path path = new Path(address);
            FileSystem system = path.getFileSystem(configuration());
            return new HadoopFolder(system, system.makeQualified(path));
        } catch (IOException | RuntimeException e) {
            throw new UserException(
                    address + ": its file system can't be reached (" + firstLine(e)
                            + "); its connector has to be on the class"
                            + " path (for s3a --packages org.apache.hadoop:hadoop-aws, of Spark's version of Hadoop), and what it"
                            + " needs is set by spark.hadoop.*",
                    e);
        }
    }

    /** Spark's, in a driver with or without a context, and in an executor. */
    private static Configuration configuration() {
        Option<SparkContext> context = SparkContext$.MODULE$.getActive();
        if (context.isDefined()) {
            return context.get().hadoopConfiguration();
        }
        SparkConf conf =
                SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
        return SparkHadoopUtil.get().newConfiguration(conf);
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public List<RemoteFile> files() throws IOException {
        return mended(() -> {
            if (!system.getFileStatus(path).isDirectory()) {
                throw new UserException(path + " is a file; expected the folder that holds it");
            }
            List<RemoteFile> files = new ArrayList<>();
            for (FileStatus status : system.listStatus(path)) {
                if (status.isFile()) {
                    files.add(new RemoteFile(status.getPath().getName(), status.getLen(), version(status)));
                }
            }
            return files;
        });
    }

    private static String version(FileStatus status) {
        String tag = status instanceof EtagSource tagged ? tagged.getEtag() : null;
        return Objects.requireNonNullElseGet(tag, () -> "" + status.getModificationTime());
    }

    @Override
    public InputStream open(String file, long from) throws IOException {
        return mended(() -> {
            FSDataInputStream in = system.open(new Path(path, file));
            try {
                in.seek(from);
                return in;
            } catch (IOException | RuntimeException e) {
                in.close();
                throw e;
            }
        });
    }

    private interface Request<T> {
        T send() throws IOException;
    }

    /** What no retry mends is the user's to mend. */
    private <T> T mended(Request<T> request) throws IOException {
        try {
            return request.send();
        } catch (FileNotFoundException e) {
            throw new UserException(path + ": there is no such folder or file (" + firstLine(e) + ")", e);
        } catch (AccessControlException | java.nio.file.AccessDeniedException e) {
            throw new UserException(path + ": may not be read (" + firstLine(e) + ")", e);
        } catch (UnsupportedOperationException e) {
            throw new UserException(path + ": its file system lists no folders; expected one such as HDFS or S3A", e);
        }
    }

    private static String firstLine(Exception failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }
}
