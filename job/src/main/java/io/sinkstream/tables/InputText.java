package io.sinkstream.tables;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The text that a measurement is made on. */
public final class InputText {
    private InputText() {}

    /** The files' text, one after the other; null if there is none. Throws UserException if one can't be read here. */
    public static String of(List<String> files) {
        StringBuilder text = new StringBuilder();
        for (String file : files) {
            try {
                text.append(Files.readString(Path.of(file)));
            } catch (IOException e) {
                throw new UserException(
                        Settings.INPUT + ": " + file + " is no text file that can be read here: " + e.getMessage(), e);
            }
        }
        return text.isEmpty() ? null : text.toString();
    }
}
