package io.sinkstream.stream;

import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.settings.UserException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that makes all passes of one model.
 *
 * <p>Callers hand in requests and wait. Between two passes the thread takes in what has come, so calls that wait at the
 * same moment share passes (continuous batching, Yu et al. 2022, Orca). A pass is filled up to its cap with chunks of the
 * streams at hand, in turn; a stream gets a cache when the first pass has room for it, and waits if the pool has none.
 *
 * <p>The thread is the model's own for two reasons: OpenMP keeps a team of threads for each thread that calls it, and a
 * caller that is killed must not take a merged pass with it. A caller that goes away has its jobs dropped before the next
 * pass.
 */
final class PassLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PassLoop.class);

    /**
     * A stream that has more to run than the pass has room for waits for the next pass if the room is below this: a chunk
     * gathers its window's keys once, which a few rows do not repay.
     */
    private static final int SMALLEST_CUT = 64;

    private final BlockingQueue<Request> inbox = new LinkedBlockingQueue<>();
    private final Deque<Entry> active = new ArrayDeque<>();
    private final Deque<Entry> waiting = new ArrayDeque<>();
    /** Received and not known to be done: whatever ends the thread, these callers hear of it. */
    private final Set<Request> open = new LinkedHashSet<>();

    private final BiFunction<Decoder, List<Chunk>, List<ChunkResult>> runner;
    private final CompletableFuture<Decoder> loaded = new CompletableFuture<>();
    private final Thread thread;
    private final ToLongFunction<Decoder> cacheBytes;
    private final int chunk;
    private final AtomicLong passes = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicLong rebuilt = new AtomicLong();
    private volatile boolean closing;
    private volatile CachePool<StreamName> pool;
    private int passTokens;

    /** Jobs that one caller waits for. */
    private static final class Request {
        private final List<StreamJob> jobs;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private volatile boolean abandoned;
        private final Consumer<Decoder> task;
        private int open;

        /** @param task what else to do, once, when the request is received */
        Request(List<StreamJob> jobs, Consumer<Decoder> task) {
            this.jobs = jobs;
            this.task = task;
            this.open = jobs.size();
        }
    }

    private record Entry(Request request, StreamJob job) {
        boolean isAbandoned() {
            return request.abandoned || request.done.isDone();
        }
    }

    private record Planned(Entry entry, Chunk chunk) {}

    /**
     * Starts the thread and loads the decoder on it.
     *
     * @param runner makes one pass
     * @param chunk the most tokens of one stream in a pass
     * @param passTokens the most tokens in a pass
     * @param cacheBytes the pool's budget, once it is known where the decoder lies
     */
    PassLoop(
            Supplier<Decoder> loader,
            BiFunction<Decoder, List<Chunk>, List<ChunkResult>> runner,
            int chunk,
            int passTokens,
            ToLongFunction<Decoder> cacheBytes) {
        this.runner = runner;
        this.chunk = chunk;
        this.passTokens = passTokens;
        this.cacheBytes = cacheBytes;
        this.thread = new Thread(() -> work(loader), "sinkstream-model");
        thread.setDaemon(true);
        thread.start();
        try {
            loaded.get();
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } catch (InterruptedException e) {
            close();
            throw interrupted();
        }
    }

    /** Runs the jobs to their end. */
    void run(List<StreamJob> jobs) {
        if (jobs.isEmpty()) {
            return;
        }
        submit(new Request(jobs, decoder -> {}));
    }

    private void submit(Request request) {
        if (closing) {
            throw new IllegalStateException("the model is closed");
        }
        inbox.add(request);
        if (closing) {
            // The thread may have emptied its inbox for the last time just before.
            request.done.completeExceptionally(new IllegalStateException("the model is closed"));
        }
        try {
            request.done.get();
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } catch (InterruptedException e) {
            request.abandoned = true;
            throw interrupted();
        }
    }

    private static RuntimeException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("interrupted while waiting for the model");
    }

    private static RuntimeException rethrown(Throwable cause) {
        return cause instanceof UserException user
                ? user
                : new IllegalStateException("the model failed: " + cause.getMessage(), cause);
    }

    /** Does something else with the decoder, on its thread, between two passes. */
    <T> T call(Function<Decoder, T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Request request = new Request(List.of(), decoder -> result.complete(task.apply(decoder)));
        submit(request);
        return result.join();
    }

    void forget(StreamName name) {
        pool.forget(name);
    }

    StreamModelUsage usage() {
        return new StreamModelUsage(passes.get(), tokens.get(), rebuilt.get(), pool.usage());
    }

    /** Ends the thread after the pass at hand and frees the model. Callers that still wait get an error. */
    @Override
    public void close() {
        closing = true;
        inbox.add(new Request(List.of(), decoder -> {}));
        boolean interrupted = false;
        while (thread.isAlive()) {
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

    private void work(Supplier<Decoder> loader) {
        try (Decoder decoder = loader.get();
                CachePool<StreamName> caches = new CachePool<>(
                        decoder.manager(), decoder.cacheShape(), decoder.cells(), cacheBytes.applyAsLong(decoder))) {
            pool = caches;
            loaded.complete(decoder);
            while (!closing) {
                receive(decoder);
                List<Planned> pass = plan();
                if (!pass.isEmpty()) {
                    run(decoder, pass);
                }
            }
        } catch (Throwable e) {
            // The last stop of whatever goes wrong on this thread: callers must hear of it and not wait for ever.
            LOG.debug("the model's thread ends", e);
            loaded.completeExceptionally(e);
            fail(e);
        } finally {
            closing = true;
            fail(new IllegalStateException("the model is closed"));
        }
    }

    private void fail(Throwable cause) {
        List<Request> left = new ArrayList<>();
        inbox.drainTo(left);
        left.addAll(open);
        left.forEach(request -> request.done.completeExceptionally(cause));
    }

    private void receive(Decoder decoder) throws InterruptedException {
        List<Request> received = new ArrayList<>();
        if (active.isEmpty() && waiting.isEmpty()) {
            received.add(inbox.take());
        }
        inbox.drainTo(received);
        for (Request request : received) {
            request.jobs.forEach(job -> waiting.add(new Entry(request, job)));
            try {
                request.task.accept(decoder);
                if (request.jobs.isEmpty()) {
                    request.done.complete(null);
                }
            } catch (RuntimeException | OutOfMemoryError e) {
                request.done.completeExceptionally(e);
            }
        }
        open.addAll(received);
        open.removeIf(request -> request.done.isDone());
        waiting.removeIf(Entry::isAbandoned);
        active.removeIf(entry -> {
            if (entry.isAbandoned()) {
                pool.give(entry.job().cache());
                return true;
            }
            return false;
        });
    }

    private List<Planned> plan() {
        List<Planned> pass = new ArrayList<>();
        int room = passTokens;
        while (room > 0 && (!active.isEmpty() || admit())) {
            Entry entry = active.removeFirst();
            int wanted = Math.min(chunk, entry.job().ready());
            if (wanted > room && room < Math.min(SMALLEST_CUT, passTokens)) {
                active.addFirst(entry);
                // One look beyond is enough: what fits the rest is rare, and order is fair.
                break;
            }
            int count = Math.min(wanted, room);
            room -= count;
            pass.add(new Planned(entry, entry.job().chunk(count)));
        }
        return pass;
    }

    /** Gives the next waiting job a cache and makes it active; false if there is none, or no room for it. */
    private boolean admit() {
        Entry entry = waiting.peekFirst();
        if (entry == null) {
            return false;
        }
        StreamUpdate update = entry.job().update();
        StreamState state = update.state();
        if (!state.isWhole() && !pool.holds(update.name(), state.epoch(), state.hash())) {
            waiting.removeFirst();
            entry.job().askForHistory();
            close(entry);
            return admit();
        }
        KeyValueCache cache;
        try {
            cache = pool.take(
                    update.name(), state.epoch(), state.hash(), entry.job().finalTokens());
        } catch (RuntimeException | OutOfMemoryError e) {
            // No memory for one more cache is this caller's trouble and not the other streams'.
            waiting.removeFirst();
            entry.request().done.completeExceptionally(e);
            return admit();
        }
        if (cache == null) {
            return false;
        }
        waiting.removeFirst();
        rebuilt.addAndGet(entry.job().begin(cache));
        active.addLast(entry);
        return true;
    }

    private void run(Decoder decoder, List<Planned> pass) {
        List<Chunk> chunks = pass.stream().map(Planned::chunk).toList();
        int size = chunks.stream().mapToInt(c -> c.tokens().length).sum();
        List<ChunkResult> results;
        try {
            results = runner.apply(decoder, chunks);
        } catch (RuntimeException | OutOfMemoryError e) {
            if (isOutOfMemory(e) && size > 1) {
                passTokens = size / 2;
                LOG.warn(
                        "a pass of {} tokens ran out of memory; passes take {} at most from here on", size, passTokens);
                pass.forEach(planned -> active.addLast(planned.entry()));
            } else {
                for (Planned planned : pass) {
                    // Freed before the caller hears of it, so that nobody sees a held cache of a call that is over.
                    pool.discard(planned.entry().job().cache());
                    planned.entry().request().done.completeExceptionally(e);
                }
            }
            return;
        }
        passes.incrementAndGet();
        tokens.addAndGet(size);
        for (int i = 0; i < pass.size(); i++) {
            Entry entry = pass.get(i).entry();
            entry.job().accept(chunks.get(i), results.get(i));
            if (entry.job().isDone()) {
                finish(entry);
            } else {
                active.addLast(entry);
            }
        }
    }

    private void finish(Entry entry) {
        entry.job().finish();
        pool.give(entry.job().cache());
        close(entry);
    }

    private static void close(Entry entry) {
        if (--entry.request().open == 0) {
            entry.request().done.complete(null);
        }
    }

    /** libtorch throws one kind of exception for everything; its allocators' messages tell. */
    private static boolean isOutOfMemory(Throwable e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return e instanceof OutOfMemoryError
                || message.contains("out of memory")
                || message.contains("can't allocate memory")
                || message.contains("not enough memory");
    }
}
