package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where programs of this user keep what is theirs.
 *
 * @param environment the process's environment variables
 */
public record UserFolders(Map<String, String> environment) {
    /** The user's own folder. */
    public Path home() {
        return Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
    }

    /** What can be made again: {@code XDG_CACHE_HOME}, else {@code ~/.cache}. */
    public Path caches() {
        return named("XDG_CACHE_HOME").orElseGet(() -> home().resolve(".cache"));
    }

    /**
     * The folder or file that a variable names, if it is set.
     *
     * @throws UserException if its value is no path
     */
    Optional<Path> named(String variable) {
        String value = environment.getOrDefault(variable, "");
        if (value.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(value.startsWith("~/") ? home().resolve(value.substring(2)) : Path.of(value));
        } catch (InvalidPathException e) {
            throw new UserException(
                    "environment variable " + variable + " is no path (" + e.getReason() + "); expected a folder", e);
        }
    }
}
