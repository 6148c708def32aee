package io.sinkstream.tables;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/** The check of where results go, before a job starts. */
public final class OutputFolder {
    private OutputFolder() {}

    /**
     * Throws UserException if the output exists and {@code mode} is not to overwrite it, or if writing it would touch
     * the input.
     */
    public static void check(SparkSession spark, String output, SaveMode mode, List<String> inputs) {
        Configuration conf = spark.sparkContext().hadoopConfiguration();
        try {
            Path path = new Path(output);
            FileSystem files = path.getFileSystem(conf);
            String place = place(files, path);
            for (String input : inputs) {
                Path pattern = new Path(input);
                FileSystem inputFiles = pattern.getFileSystem(conf);
                FileStatus[] found = inputFiles.globStatus(pattern);
                // What is not there is told when it is read.
                for (FileStatus status : found == null ? new FileStatus[0] : found) {
                    String other = place(inputFiles, status.getPath());
                    if ((place + "/").startsWith(other + "/") || (other + "/").startsWith(place + "/")) {
                        throw new UserException(Settings.OUTPUT + ": " + output + " and the input " + status.getPath()
                                + " are the same or one lies in the other; write somewhere else");
                    }
                }
            }
            if (mode != SaveMode.Overwrite && files.exists(path)) {
                throw new UserException(
                        Settings.OUTPUT + ": " + output + " exists; remove it, or give " + Settings.OVERWRITE);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new UserException(Settings.OUTPUT + ": " + output + " can't be used: " + e.getMessage(), e);
        }
    }

    /** The path in full, and without symbolic links where it is local. */
    private static String place(FileSystem files, Path path) throws IOException {
        URI uri = files.makeQualified(path).toUri();
        if ("file".equals(uri.getScheme())) {
            java.nio.file.Path local = java.nio.file.Path.of(uri.getPath());
            if (Files.exists(local)) {
                return "file:" + local.toRealPath();
            }
            java.nio.file.Path parent = local.getParent();
            if (parent != null && Files.exists(parent)) {
                return "file:" + parent.toRealPath().resolve(local.getFileName());
            }
        }
        return uri.toString().replaceAll("/+$", "");
    }
}
