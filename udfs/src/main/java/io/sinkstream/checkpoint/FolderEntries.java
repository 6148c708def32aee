package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a checkpoint's folder has. */
record FolderEntries(Path folder) {
    /**
     * The file of this name, or empty if there is nothing of this name.
     *
     * @throws UserException if it is no file: a link whose target is gone would else count as a file that was never there
     */
    Optional<Path> file(String name) {
        Path file = folder.resolve(name);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        if (Files.isRegularFile(file)) {
            return Optional.of(file);
        }
        String found = Files.isDirectory(file)
                ? "is a folder"
                : Files.isSymbolicLink(file) && !Files.exists(file)
                        ? "is a link to a file that is not there"
                        : "is no regular file";
        throw new UserException(file + ": " + found + "; expected a file; download it again");
    }

    /** The names of what is there, as they stand in messages. */
    String listing() {
        List<String> names = names();
        if (names.isEmpty()) {
            return "the folder is empty";
        }
        String first = names.stream().limit(8).map(Shown::plain).collect(Collectors.joining(", "));
        return "the folder has " + first + (names.size() > 8 ? ", and " + (names.size() - 8) + " more" : "");
    }

    /** The names of what is there, sorted. */
    List<String> names() {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw Shown.unreadable(folder, e);
        }
    }
}
