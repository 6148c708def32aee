package io.sinkstream.rows;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamResult;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What a caller of the model is told where there is no result. */
final class Outcomes {
    private Outcomes() {}

    /** Waits for all; whoever leaves early has no use for the rest. */
    static List<StreamResult> await(List<CompletableFuture<StreamResult>> futures) {
        try {
            return futures.stream().map(Outcomes::await).toList();
        } finally {
            futures.forEach(future -> future.cancel(false));
        }
    }

    private static StreamResult await(CompletableFuture<StreamResult> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    static RuntimeException failed(Throwable cause) {
        return cause instanceof UserException user
                ? user
                : new IllegalStateException("the model failed: " + cause.getMessage(), cause);
    }

    static RuntimeException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("interrupted while waiting for the model");
    }
}
