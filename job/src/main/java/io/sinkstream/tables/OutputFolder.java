package io.sinkstream.tables;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SaveMode;

/** The check of where results go, before a job starts. */
public final class OutputFolder {
    private OutputFolder() {}

    /** Throws UserException if the output that was given by {@code setting} exists and {@code mode} is not to overwrite it. */
    public static void check(Configuration conf, Setting<?> setting, String output, SaveMode mode) {
        if (mode != SaveMode.Overwrite && isThere(conf, setting, output)) {
            throw new UserException(setting + ": " + output + " exists; remove it, or give " + Settings.OVERWRITE);
        }
    }

    /** Throws UserException if the output of a query that begins exists: it is not its own, and nothing overwrites it. */
    public static void requireNew(Configuration conf, String output) {
        if (isThere(conf, Settings.OUTPUT, output)) {
            throw new UserException(Settings.OUTPUT + ": " + output + " exists, and is not the output of this "
                    + StreamSettings.CHECKPOINT + "; remove it, or write somewhere else");
        }
    }

    private static boolean isThere(Configuration conf, Setting<?> setting, String output) {
        try {
            Path path = new Path(output);
            return path.getFileSystem(conf).exists(path);
        } catch (IOException | IllegalArgumentException e) {
            throw new UserException(setting + ": " + output + " can't be used: " + e.getMessage(), e);
        }
    }
}
