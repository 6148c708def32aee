package io.sinkstream.dialogue;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a command writes on the driver's machine. */
public final class OutputFile {
    private OutputFile() {}

    /**
     * Checks that it may be written.
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
