package io.sinkstream.stream;

import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.decoder.CachesSpoiledException;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plans the passes of one model and takes in what they give. Has no thread of its own: one {@link #step} is one pass.
 *
 * <p>Streams that are there at the same moment share passes (continuous batching, Yu et al. 2022, Orca). A pass is filled
 * up to its cap with the first chunks of streams that wait, which get a part of it, and with chunks of those that have
 * begun, in turn. A stream begins when it gets a cache, and waits while the pool has no room.
 *
 * <p>Whatever goes wrong with one job ends that job alone. A pass that runs out of memory is split and tried again, and
 * passes stay small for a while. A pass of several streams that fails otherwise is made again for each of them alone, so
 * that only the one that fails it hears of it.
 */
final class PassPlanner {
    private static final Logger LOG = LoggerFactory.getLogger(PassPlanner.class);

    /**
     * A stream that has more to run than the pass has room for waits for the next pass if the room is below this: a chunk
     * gathers its window's keys once, which a few rows do not repay.
     */
    private static final int SMALLEST_CUT = 64;

    /** One part in so many of a pass is for jobs that wait, while others have begun. */
    private static final int PARTS = 4;

    /** After so many good passes in a row, passes that were made smaller for want of memory grow again. */
    private static final int GOOD_PASSES = 32;

    /** A stream whose cache was spoiled begins anew; one that this befalls more often is given up. */
    private static final int MOST_RESTARTS = 3;

    private final CachePool<StreamName> pool;
    private final int chunk;
    private final int mostTokens;
    private final Deque<StreamJob> active = new ArrayDeque<>();
    private final Deque<StreamJob> waiting = new ArrayDeque<>();
    private final AtomicLong passes = new AtomicLong();
    private final AtomicLong streams = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicLong rebuilt = new AtomicLong();
    private int passTokens;
    private int goodPasses;

    private record Planned(StreamJob job, List<Chunk> chunks) {
        int sureRows() {
            return chunks.stream().mapToInt(PassPlanner::sureRows).sum();
        }
    }

    /**
     * A planner without jobs.
     *
     * @param pool where streams get their caches
     * @param chunk the most tokens of one stream in a pass, at least 1
     * @param passTokens the most tokens in a pass, at least 1
     */
    PassPlanner(CachePool<StreamName> pool, int chunk, int passTokens) {
        this.pool = pool;
        this.chunk = chunk;
        this.mostTokens = passTokens;
        this.passTokens = passTokens;
    }

    /** Takes in a job, which waits for its turn. */
    void add(StreamJob job) {
        waiting.addLast(job);
    }

    /** Whether there is nothing to do. */
    boolean isIdle() {
        return active.isEmpty() && waiting.isEmpty();
    }

    /** What was done so far; may be asked by any thread. */
    StreamModelUsage usage() {
        return new StreamModelUsage(passes.get(), streams.get(), tokens.get(), rebuilt.get(), pool.usage());
    }

    /** Makes one pass, if there is anything to run. */
    void step(PassRunner runner) {
        dropCancelled();
        List<Planned> pass = plan();
        if (!pass.isEmpty()) {
            run(pass, runner);
        }
    }

    /** Ends all jobs. */
    void failAll(Throwable cause) {
        active.forEach(job -> fail(job, cause));
        active.clear();
        waiting.forEach(job -> fail(job, cause));
        waiting.clear();
    }

    private void dropCancelled() {
        waiting.removeIf(StreamJob::isCancelled);
        active.removeIf(job -> {
            if (job.isCancelled()) {
                pool.give(job.release());
                return true;
            }
            return false;
        });
    }

    private List<Planned> plan() {
        List<Planned> pass = new ArrayList<>();
        // Those that wait come first, and to a part of the pass only: what they leave is not lost to those that have
        // begun.
        int room = passTokens;
        if (!active.isEmpty() && !active.getFirst().runsAlone()) {
            room -= begin(passTokens / PARTS, pass);
        }
        while (room > 0 && !active.isEmpty()) {
            int taken = takeNext(room, pass);
            if (taken == 0) {
                return pass;
            }
            room -= taken;
        }
        var unused = begin(room, pass);
        return pass;
    }

    /** Has waiting jobs begin with at most so many tokens in all, and returns how many they take. */
    private int begin(int most, List<Planned> pass) {
        int room = most;
        for (int taken = 1; taken > 0 && room > 0; room -= taken) {
            StreamJob job = admit();
            if (job == null) {
                break;
            }
            active.addFirst(job);
            taken = takeNext(room, pass);
        }
        return most - room;
    }

    /** Puts the next chunk of the job whose turn it is into the pass; 0 if it has to wait for the next pass. */
    private int takeNext(int room, List<Planned> pass) {
        int count = fitting(active.getFirst(), room, pass);
        return count == 0 ? 0 : take(active.removeFirst(), count, pass);
    }

    private int fitting(StreamJob job, int room, List<Planned> pass) {
        int least = job.least();
        int wanted = Math.min(job.isDivisible() ? Math.max(least, Math.min(chunk, room)) : chunk, job.ready());
        boolean isCut = room < least || (wanted > room && room < Math.min(SMALLEST_CUT, passTokens / 2));
        boolean isAlone =
                job.runsAlone() || (!pass.isEmpty() && pass.get(0).job().runsAlone());
        return !pass.isEmpty() && (isCut || isAlone) ? 0 : Math.max(least, Math.min(wanted, room));
    }

    /** Puts a chunk of the job into the pass, and returns how many tokens it takes. */
    private int take(StreamJob job, int count, List<Planned> pass) {
        try {
            Planned planned = new Planned(job, job.chunks(count));
            pass.add(planned);
            return rows(planned.chunks());
        } catch (Throwable e) {
            fail(job, e);
            return 0;
        }
    }

    /** Gives the next waiting job a cache and has it begin; null if there is none, or no room for it. */
    private StreamJob admit() {
        for (StreamJob job = waiting.peekFirst(); job != null; job = waiting.peekFirst()) {
            KeyValueCache cache = null;
            try {
                if (job.canBegin(pool)) {
                    cache = pool.take(
                            job.update().name(),
                            job.update().state().epoch(),
                            job.update().state().hash(),
                            job.finalTokens());
                    if (cache == null) {
                        return null;
                    }
                }
                waiting.removeFirst();
                if (cache == null || job.lacks(cache)) {
                    // Also if the cache was forgotten between the question and the taking.
                    discard(cache);
                    job.askForHistory();
                    continue;
                }
                rebuilt.addAndGet(job.begin(cache));
                return job;
            } catch (Throwable e) {
                // No memory for one more cache is this job's trouble and not the others'.
                waiting.remove(job);
                discard(cache);
                job.release();
                job.fail(e);
            }
        }
        return null;
    }

    private void discard(KeyValueCache cache) {
        if (cache != null) {
            pool.discard(cache);
        }
    }

    private void run(List<Planned> pass, PassRunner runner) {
        List<Chunk> chunks =
                pass.stream().flatMap(planned -> planned.chunks().stream()).toList();
        int size = rows(chunks);
        List<ChunkResult> results;
        try {
            results = runner.run(chunks);
        } catch (Throwable e) {
            failed(pass, size, e);
            return;
        }
        passes.incrementAndGet();
        streams.addAndGet(pass.size());
        tokens.addAndGet(size);
        if (passTokens < mostTokens && ++goodPasses == GOOD_PASSES) {
            passTokens = (int) Math.min(mostTokens, 2L * passTokens);
            goodPasses = 0;
        }
        int sure = chunks.stream().mapToInt(PassPlanner::sureRows).sum();
        int next = 0;
        for (Planned planned : pass) {
            int count = planned.chunks().size();
            accept(planned, results.subList(next, next + count), sure);
            next += count;
        }
    }

    private static int rows(List<Chunk> chunks) {
        return chunks.stream().mapToInt(chunk -> chunk.tokens().length).sum();
    }

    private static int sureRows(Chunk chunk) {
        return chunk.tokens().length
                - (chunk.proposal() == null ? 0 : chunk.proposal().count());
    }

    private void accept(Planned planned, List<ChunkResult> results, int sure) {
        StreamJob job = planned.job();
        try {
            job.accept(planned.chunks(), results, sure - planned.sureRows());
            if (!job.isDone()) {
                active.addLast(job);
                return;
            }
            job.finish();
            // Given back before the caller hears of it, so that nobody sees a held cache of a call that is over.
            pool.give(job.release());
            job.complete();
        } catch (Throwable e) {
            fail(job, e);
        }
    }

    private void failed(List<Planned> pass, int size, Throwable e) {
        boolean spoiled = e instanceof CachesSpoiledException;
        Throwable cause = spoiled ? e.getCause() : e;
        boolean outOfMemory = isOutOfMemory(cause);
        if (outOfMemory && size > 1) {
            passTokens = size / 2;
            goodPasses = 0;
            LOG.warn("a pass of {} tokens ran out of memory; passes take {} at most for a while", size, passTokens);
        }
        boolean isTriedAgain =
                pass.size() > 1 || (outOfMemory && size > pass.get(0).job().least());
        for (Planned planned : pass) {
            StreamJob job = planned.job();
            if (!isTriedAgain) {
                fail(job, cause);
            } else if (!spoiled) {
                job.runAlone(!outOfMemory);
                active.addLast(job);
            } else if (job.restarts() == MOST_RESTARTS) {
                fail(job, cause);
            } else {
                discard(job.release());
                job.restart();
                job.runAlone(!outOfMemory);
                waiting.addFirst(job);
            }
        }
    }

    private void fail(StreamJob job, Throwable cause) {
        discard(job.release());
        job.fail(cause);
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
