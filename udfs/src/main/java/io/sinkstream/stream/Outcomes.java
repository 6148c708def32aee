package io.sinkstream.stream;

import io.sinkstream.settings.UserException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What callers of a model get: its results, or what to throw where there is none. */
public final class Outcomes {
    private Outcomes() {}

    /**
     * Waits for all. If it throws, those that are left are cancelled: whoever leaves early has no use for them.
     *
     * @throws CancellationException if the calling thread is interrupted, which stays set
     * @throws IllegalStateException if one failed
     */
    public static <T> List<T> await(List<CompletableFuture<T>> futures) {
        try {
            return futures.stream().map(Outcomes::await).toList();
        } finally {
            futures.forEach(future -> future.cancel(false));
        }
    }

    /** The same for one. */
    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /** What to throw for a future that failed. */
    public static RuntimeException failed(Throwable cause) {
        return cause instanceof UserException user
                ? user
                : new IllegalStateException("the model failed: " + cause.getMessage(), cause);
    }

    /** What to throw by a thread that was interrupted while it waited for the model; it stays interrupted. */
    public static RuntimeException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("interrupted while waiting for the model");
    }
}
