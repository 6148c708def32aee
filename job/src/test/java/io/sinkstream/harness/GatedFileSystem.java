package io.sinkstream.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk of executors that wait, in front of their first file of results, for a gate to be opened: until then they
 * are in the middle of a run, however fast the machine is.
 */
public final class GatedFileSystem extends LocalFileSystem {
    private static final String OPTION = "sinkstream.gate";
    private static final long BETWEEN_LOOKS_MILLIS = 50;

    /** Made by Hadoop. */
    public GatedFileSystem() {}

    /**
     * A gate that is closed: a folder, in which those who wait leave a file with the name of their process.
     *
     * @param folder what is removed when the gate opens
     */
    public record Gate(java.nio.file.Path folder) {
        /** Closes it. */
        public static Gate closed(java.nio.file.Path folder) throws IOException {
            return new Gate(Files.createDirectories(folder));
        }

        /** What spark-submit is told, so that this disk is its executors'. */
        public List<String> options() {
            String classes = InstalledSpark.ofThisBuild().testClasses().toString();
            return List.of(
                    "--driver-class-path",
                    classes,
                    "--conf",
                    "spark.executor.extraClassPath=" + classes,
                    "--conf",
                    "spark.hadoop.fs.file.impl=" + GatedFileSystem.class.getName(),
                    "--conf",
                    "spark.hadoop." + OPTION + "=" + folder);
        }

        /** A process that waits here. */
        public Optional<Long> waiting() {
            try (Stream<java.nio.file.Path> files = Files.list(folder)) {
                return files.map(file -> Long.valueOf(file.getFileName().toString()))
                        .findFirst();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Lets all through, for good. */
        public void open() {
            InstalledSpark.deleteUnder(folder, file -> true);
        }
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
        await(path);
        return super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
    }

    @Override
    public FSDataOutputStream create(
            Path path, boolean overwrite, int bufferSize, short replication, long blockSize, Progressable progress)
            throws IOException {
        await(path);
        return super.create(path, overwrite, bufferSize, replication, blockSize, progress);
    }

    private void await(Path path) throws IOException {
        java.nio.file.Path gate = java.nio.file.Path.of(getConf().get(OPTION));
        if (!path.getName().startsWith("part-") || !Files.isDirectory(gate)) {
            return;
        }
        Files.write(gate.resolve("" + ProcessHandle.current().pid()), new byte[0]);
        while (Files.isDirectory(gate)) {
            try {
                Thread.sleep(BETWEEN_LOOKS_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }
}
