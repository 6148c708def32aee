package io.sinkstream.dialogue;

import io.sinkstream.settings.DialogueSettings;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The file in which a terminal's lines stay for later dialogues. */
public final class PromptHistory {
    private static final String NONE = "none";
    private static final String HOME = "~/";
    private static final FileAttribute<?> OWNERS_OWN =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private PromptHistory() {}

    /**
     * The file, which is there and can be read and written; empty if nothing is to be kept, or if nobody asked for it and it can't
     * be there.
     *
     * @throws UserException if it was asked for and can't be there
     */
    public static Optional<Path> of(SettingValues values) {
        String given = values.require(DialogueSettings.PROMPT_HISTORY);
        if (given.equals(NONE)) {
            return Optional.empty();
        }
        Path file = given.startsWith(HOME)
                ? Path.of(System.getProperty("user.home"), given.substring(HOME.length()))
                : Path.of(given);
        try {
            make(file);
        } catch (IOException | UnsupportedOperationException e) {
            return unusable(values, file, "can't be made: " + e);
        }
        boolean isUsable = Files.isRegularFile(file) && Files.isReadable(file) && Files.isWritable(file);
        return isUsable ? Optional.of(file) : unusable(values, file, "is no file that can be read and written");
    }

    private static Optional<Path> unusable(SettingValues values, Path file, String why) {
        if (values.isGiven(DialogueSettings.PROMPT_HISTORY)) {
            throw new UserException(
                    DialogueSettings.PROMPT_HISTORY + ": " + file + " " + why + "; " + NONE + " keeps no history");
        }
        return Optional.empty();
    }

    private static void make(Path file) throws IOException {
        try {
            Files.createFile(file, OWNERS_OWN);
        } catch (FileAlreadyExistsException e) {
            // It is as its owner wants it.
        }
    }
}
