package io.sinkstream.harness;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk of a JVM that is to die at one step: it kills itself, with no chance to say or write anything, in front of or
 * behind the first operation that matches after another one was seen. Operations are those that reach the disk, so a file
 * and its checksum are two. {@code -Dspark.hadoop.fs.file.impl} and {@link #OPTION} have Spark use it.
 */
public final class HaltingFileSystem extends LocalFileSystem {
    /** The system property with a {@link Moment}, as {@link Moment#toString} writes it. */
    static final String OPTION = "sinkstream.halt";

    /** Set, renames go as those of an object store: the new name is there, whole, while the old one is, too. */
    static final String OBJECTS = "sinkstream.halt.objects";

    /** The exit code of a process that was killed so. */
    static final int CODE = 137;

    private static final int SIGKILL = 9;

    /** Made by Hadoop. */
    public HaltingFileSystem() {
        super(new Disk());
    }

    /**
     * When the JVM halts.
     *
     * @param since the operation from which on it counts; empty for all
     * @param operation the one that it halts at: {@code open}, {@code create}, {@code close}, {@code status} (of what is there), {@code
     *     rename} (with the new name), {@code copied} (a rename that is half done), and the path
     * @param count the how manieth of them, from 1
     * @param isAfter whether that operation is done by then
     */
    record Moment(String since, String operation, int count, boolean isAfter) {
        private static Moment of(String text) {
            String[] parts = text.split("\t", -1);
            return new Moment(parts[0], parts[1], Integer.parseInt(parts[2]), Boolean.parseBoolean(parts[3]));
        }

        @Override
        public String toString() {
            return since + "\t" + operation + "\t" + count + "\t" + isAfter;
        }
    }

    /** Watches all operations of the JVM, in whichever of its instances and threads. */
    private static final class Watch {
        private static final Watch WATCH = new Watch(Moment.of(System.getProperty(OPTION)));

        private final Moment moment;
        private final Pattern since;
        private final Pattern operation;
        private final Function kill = NativeLibrary.getProcess().getFunction("kill");
        private boolean isArmed;
        private int seen;

        Watch(Moment moment) {
            this.moment = moment;
            this.since = Pattern.compile(moment.since());
            this.operation = Pattern.compile(moment.operation());
            this.isArmed = moment.since().isEmpty();
        }

        private synchronized void before(String name, Path path) {
            if (isArmed
                    && operation.matcher(name + " " + path.toUri().getPath()).matches()) {
                seen++;
                if (!moment.isAfter() && seen == moment.count()) {
                    die();
                }
            }
        }

        /**
         * By a signal: {@link Runtime#halt} runs the destructors of native libraries beside threads that are in them, which
         * abort at times.
         */
        private void die() {
            kill.invokeInt(new Object[] {(int) ProcessHandle.current().pid(), SIGKILL});
            while (true) {
                LockSupport.park();
            }
        }

        private synchronized void after(String name, Path path) {
            String line = name + " " + path.toUri().getPath();
            if (moment.isAfter()
                    && seen == moment.count()
                    && operation.matcher(line).matches()) {
                die();
            }
            isArmed |= since.matcher(line).matches();
        }
    }

    /** The disk under the checksums. */
    private static final class Disk extends RawLocalFileSystem {
        @Override
        public FSDataInputStream open(Path path, int bufferSize) throws IOException {
            Watch.WATCH.before("open", path);
            FSDataInputStream in = super.open(path, bufferSize);
            Watch.WATCH.after("open", path);
            return in;
        }

        @Override
        public FSDataOutputStream create(
                Path path, boolean overwrite, int bufferSize, short replication, long blockSize, Progressable progress)
                throws IOException {
            Watch.WATCH.before("create", path);
            FSDataOutputStream out = super.create(path, overwrite, bufferSize, replication, blockSize, progress);
            Watch.WATCH.after("create", path);
            return watched(path, out);
        }

        @Override
        public FSDataOutputStream create(
                Path path,
                FsPermission permission,
                boolean overwrite,
                int bufferSize,
                short replication,
                long blockSize,
                Progressable progress)
                throws IOException {
            Watch.WATCH.before("create", path);
            FSDataOutputStream out =
                    super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
            Watch.WATCH.after("create", path);
            return watched(path, out);
        }

        private static FSDataOutputStream watched(Path path, FSDataOutputStream out) throws IOException {
            return new FSDataOutputStream(
                    new FilterOutputStream(out) {
                        private boolean isClosed;

                        @Override
                        public void write(byte[] bytes, int from, int length) throws IOException {
                            out.write(bytes, from, length);
                        }

                        @Override
                        public void close() throws IOException {
                            if (!isClosed) {
                                isClosed = true;
                                Watch.WATCH.before("close", path);
                                super.close();
                                Watch.WATCH.after("close", path);
                            }
                        }
                    },
                    null);
        }

        @Override
        public FileStatus getFileStatus(Path path) throws IOException {
            FileStatus status = super.getFileStatus(path);
            Watch.WATCH.before("status", path);
            Watch.WATCH.after("status", path);
            return status;
        }

        @Override
        public boolean rename(Path from, Path to) throws IOException {
            Watch.WATCH.before("rename", to);
            boolean isDone;
            if (Boolean.getBoolean(OBJECTS) && !getFileStatus(from).isDirectory()) {
                isDone = copyAndDelete(from, to);
            } else {
                isDone = super.rename(from, to);
            }
            Watch.WATCH.after("rename", to);
            return isDone;
        }

        private boolean copyAndDelete(Path from, Path to) throws IOException {
            java.nio.file.Path whole = java.nio.file.Files.createTempFile("object", null);
            java.nio.file.Files.copy(
                    pathToFile(from).toPath(), whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            java.nio.file.Files.move(whole, pathToFile(to).toPath(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            Watch.WATCH.before("copied", to);
            return delete(from, false);
        }
    }
}
