package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.util.function.Function;

/**
 * Work in a folder of the user's, which an interrupt may end.
 *
 * @param <T> what comes of it
 */
@FunctionalInterface
interface FileWork<T> {
    T run() throws IOException, InterruptedException;

    /**
     * Does it. A killed task's interrupt is not the user's fault, and what can't be read or written is.
     *
     * @param name of the work: "a copy"
     * @param unusable what is said of files that can't be used
     */
    default T done(String name, Function<IOException, UserException> unusable) {
        try {
            return run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(name, e);
        } catch (ClosedByInterruptException | FileLockInterruptionException e) {
            throw interrupted(name, e);
        } catch (IOException e) {
            throw unusable.apply(e);
        }
    }

    private static UncheckedIOException interrupted(String name, Exception cause) {
        return new UncheckedIOException(new IOException(name + " was interrupted", cause));
    }
}
