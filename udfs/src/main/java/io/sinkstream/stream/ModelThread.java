package io.sinkstream.stream;

import io.sinkstream.cache.CachePool;
import io.sinkstream.decoder.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that a model lives on: it loads the decoder, takes in what callers hand it, and has a {@link PassPlanner} make
 * passes until it is closed.
 *
 * <p>It is the model's own for two reasons: OpenMP keeps a team of threads for each thread that calls it, and a caller that
 * is killed must not take a merged pass with it. Nothing that a caller hands in ends it, and whatever does reaches all who
 * wait.
 */
final class ModelThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelThread.class);
    private static final String CLOSED = "the model is closed";

    private final BlockingQueue<Letter> inbox = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> loaded = new CompletableFuture<>();
    private final Thread thread;
    private final Parts parts;
    private volatile boolean closing;
    private volatile boolean ended;
    private volatile CachePool<StreamName> pool;
    private volatile PassPlanner planner;

    /**
     * What a model is made of.
     *
     * @param loader loads the decoder, on the thread
     * @param caches the pool of its caches, which is closed before it
     * @param planner plans for such a pool
     * @param runner makes passes with the decoder
     * @param atEnd frees what the decoder leaves, once it is closed or could not be loaded
     */
    record Parts(
            Supplier<Decoder> loader,
            Function<Decoder, CachePool<StreamName>> caches,
            Function<CachePool<StreamName>, PassPlanner> planner,
            Function<Decoder, PassRunner> runner,
            Runnable atEnd) {}

    /** What is handed to the thread. */
    private interface Letter {
        void open(Decoder decoder, PassPlanner planner);

        void refuse(Throwable cause);
    }

    private record Jobs(List<StreamJob> jobs) implements Letter {
        @Override
        public void open(Decoder decoder, PassPlanner planner) {
            jobs.forEach(planner::add);
        }

        @Override
        public void refuse(Throwable cause) {
            jobs.forEach(job -> job.fail(cause));
        }
    }

    private record Task<T>(Function<Decoder, T> task, CompletableFuture<T> result) implements Letter {
        @Override
        public void open(Decoder decoder, PassPlanner planner) {
            try {
                result.complete(task.apply(decoder));
            } catch (Throwable e) {
                refuse(e);
            }
        }

        @Override
        public void refuse(Throwable cause) {
            result.completeExceptionally(cause);
        }
    }

    /** Starts the thread and waits until the model is loaded on it. */
    ModelThread(Parts parts) {
        this.parts = parts;
        this.thread = new Thread(this::live, "sinkstream-model");
        thread.setDaemon(true);
        thread.start();
        try {
            loaded.get();
        } catch (ExecutionException e) {
            throw Outcomes.failed(e.getCause());
        } catch (InterruptedException e) {
            close();
            throw Outcomes.interrupted();
        }
    }

    /** Hands in jobs, whose futures are completed on the thread. Throws IllegalStateException if the model is closed. */
    void submit(List<StreamJob> jobs) {
        post(new Jobs(jobs));
    }

    /** Does something else with the decoder, on its thread, between two passes. */
    <T> T call(Function<Decoder, T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        post(new Task<>(task, result));
        return Outcomes.await(result);
    }

    private void post(Letter letter) {
        if (closing) {
            throw new IllegalStateException(CLOSED);
        }
        inbox.add(letter);
        if (ended) {
            // The thread may have emptied its inbox for the last time just before.
            refuseAll(new IllegalStateException(CLOSED));
        }
    }

    void forget(StreamName name) {
        pool.forget(name);
    }

    StreamModelUsage usage() {
        return planner.usage();
    }

    /** Whether it has ended or is about to. */
    boolean isClosed() {
        return closing;
    }

    /** Ends the thread after the pass at hand and frees the model. Callers that still wait get an error. */
    @Override
    public void close() {
        closing = true;
        inbox.add(new Jobs(List.of()));
        boolean interrupted = false;
        while (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void live() {
        try (Decoder decoder = parts.loader().get();
                CachePool<StreamName> caches = parts.caches().apply(decoder)) {
            pool = caches;
            planner = parts.planner().apply(caches);
            PassRunner runner = parts.runner().apply(decoder);
            loaded.complete(null);
            while (!closing) {
                turn(decoder, runner);
            }
            planner.failAll(new IllegalStateException(CLOSED));
        } catch (Throwable e) {
            LOG.debug("the model's thread ends", e);
            loaded.completeExceptionally(e);
            refuseAll(e);
        } finally {
            parts.atEnd().run();
            closing = true;
            ended = true;
            refuseAll(new IllegalStateException(CLOSED));
        }
    }

    private void turn(Decoder decoder, PassRunner runner) {
        List<Letter> letters = new ArrayList<>();
        try {
            if (planner.isIdle()) {
                letters.add(inbox.take());
            }
            inbox.drainTo(letters);
            letters.forEach(letter -> letter.open(decoder, planner));
            planner.step(runner);
        } catch (InterruptedException e) {
            closing = true;
        } catch (Throwable e) {
            // Each job is guarded by itself. What still gets here is told to all, and the next ones find a model that
            // works.
            LOG.warn("the model's thread failed between passes", e);
            letters.forEach(letter -> letter.refuse(e));
            planner.failAll(e);
        }
    }

    private void refuseAll(Throwable cause) {
        List<Letter> left = new ArrayList<>();
        inbox.drainTo(left);
        left.forEach(letter -> letter.refuse(cause));
    }
}
