package io.sinkstream.tables;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
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
        try {
            Path path = new Path(output);
            if (mode != SaveMode.Overwrite && path.getFileSystem(conf).exists(path)) {
                throw new UserException(setting + ": " + output + " exists; remove it, or give " + Settings.OVERWRITE);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new UserException(setting + ": " + output + " can't be used: " + e.getMessage(), e);
        }
    }
}
