package io.sinkstream.tables;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** A file that a command writes on the driver's machine. */
public final class OutputFile {
    private OutputFile() {}

    /**
     * The one of {@code --output}, if it is given; nothing is read that it could be written over.
     *
     * @throws UserException as {@link #checked} says
     */
    public static Optional<Path> of(SettingValues values) {
        return values.find(Settings.OUTPUT).map(name -> checked(name, values));
    }

    /**
     * The same beside files that are read.
     *
     * @param setting that names these files
     * @throws UserException also if it is one of them
     */
    public static Optional<Path> of(SettingValues values, Setting<?> setting, List<String> read) {
        Optional<Path> file = of(values);
        file.ifPresent(output -> new DistinctPaths(new Configuration())
                .with(setting, read)
                .with(Settings.OUTPUT, values.require(Settings.OUTPUT)));
        return file;
    }

    /**
     * Checks that a file may be written.
     *
     * @throws UserException if it exists and may not be replaced, or its folder does not
     */
    public static Path checked(String name, SettingValues values) {
        Path file = Path.of(name).toAbsolutePath();
        if (Files.isDirectory(file)) {
            throw new UserException(Settings.OUTPUT + ": " + name + " is a folder; expected the name of a file");
        }
        if (Files.exists(file) && !values.require(Settings.OVERWRITE)) {
            throw new UserException(
                    Settings.OUTPUT + ": " + name + " exists; remove it, or give " + Settings.OVERWRITE);
        }
        if (!Files.isDirectory(file.getParent())) {
            throw new UserException(Settings.OUTPUT + ": there is no folder " + file.getParent());
        }
        return file;
    }
}
