package io.sinkstream.stream;

import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.decoder.Candidates;
import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import io.sinkstream.decoder.Proposal;
import io.sinkstream.decoder.TokenChooser;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One update on its way through the model: which tokens are still to be run, and what came out. Touched by the model's
 * thread only, but for its future.
 */
final class StreamJob {
    private final StreamUpdate update;
    private final double[] nll;
    private final double[] details;
    private final CompletableFuture<StreamResult> future = new CompletableFuture<>();
    private final Deque<Run> runs = new ArrayDeque<>();
    /** Null where tokens are only scored. */
    private final GrowingContinuation continuation;

    private StreamResult result;
    private KeyValueCache cache;
    private boolean alone;
    private int restarts;
    /** Tokens of the history that were run again. */
    private long rebuiltTokens;
    /** The rolling hash of what the cache holds. */
    private long hash;
    /** Of the run at hand. */
    private int done;
    /** Null where none is held. */
    private Contest contest;

    /** A job that has run nothing yet. */
    StreamJob(StreamUpdate update, JobTerms terms) {
        this.update = update;
        this.continuation = update instanceof StreamUpdate.Continue more ? new GrowingContinuation(more, terms) : null;
        this.nll = new double[update.tokens().length];
        Arrays.fill(nll, Double.NaN);
        this.details = update.details().unknown(nll.length);
    }

    private boolean generates() {
        return continuation != null;
    }

    private boolean isContrastive() {
        return generates() && continuation.isContrastive();
    }

    /** Whether nothing has to be run: no new token, or only a stream's first. */
    boolean isTrivial() {
        return !generates() && (update.tokens().length == 0 || update.state().position() + update.tokens().length < 2);
    }

    StreamUpdate update() {
        return update;
    }

    /** Completed by the model's thread; whoever cancels it has the job dropped before the next pass. */
    CompletableFuture<StreamResult> future() {
        return future;
    }

    boolean isCancelled() {
        return future.isDone();
    }

    /** Lets go of the cache, which is the caller's to give back; null if it has none. */
    KeyValueCache release() {
        KeyValueCache mine = cache;
        cache = null;
        return mine;
    }

    /** Whether it shares its next pass with no other stream: a pass that they shared has failed. */
    boolean runsAlone() {
        return alone;
    }

    void runAlone(boolean alone) {
        this.alone = alone;
    }

    /** How often it had to begin anew. */
    int restarts() {
        return restarts;
    }

    /** Begins anew, as if nothing had been run. */
    void restart() {
        restarts++;
        runs.clear();
        contest = null;
        done = 0;
        if (generates()) {
            continuation.restart();
        }
        Arrays.fill(nll, Double.NaN);
        Arrays.fill(details, Double.NaN);
    }

    /** Whether a cache in the pool or the state itself holds what it takes to go on. */
    boolean canBegin(CachePool<StreamName> pool) {
        StreamState state = update.state();
        return state.isWhole()
                || (pool.holds(update.name(), state.epoch(), state.hash())
                        && !(generates() && continuation.lacksHistory()));
    }

    /** Whether this cache holds nothing of the stream, and its state not enough to rebuild it. */
    boolean lacks(KeyValueCache taken) {
        StreamState state = update.state();
        return !state.isWhole() && state.epoch() > 0 && taken.end() == 0;
    }

    /** How many tokens the stream may have at the end. */
    long finalTokens() {
        return update.state().position() + update.tokens().length + update.maxNewTokens();
    }

    /**
     * Starts on a cache that holds the state's tokens or nothing.
     *
     * @return how many tokens have to be run again because it holds nothing
     */
    int begin(KeyValueCache taken) {
        StreamState state = update.state();
        cache = taken;
        hash = state.hash();
        int rebuilt = 0;
        if (!isContrastive()) {
            cache.dropHidden();
        } else if (!cache.hasHidden()) {
            cache.clear();
        }
        if (state.epoch() > 0 && cache.end() == 0) {
            List<Run> warmUp = Run.warmUp(state);
            runs.addAll(warmUp);
            rebuilt = warmUp.stream().mapToInt(run -> run.tokens().length).sum();
        }
        rebuiltTokens += rebuilt;
        int[] tokens = update.tokens();
        int pending = state.position() > 0 ? 1 : 0;
        int[] chain = new int[pending + tokens.length];
        if (pending == 1) {
            chain[0] = state.pending();
        }
        System.arraycopy(tokens, 0, chain, pending, tokens.length);
        int[] run = generates() ? chain : Arrays.copyOf(chain, chain.length - 1);
        int[] targets = new int[run.length];
        Arrays.fill(targets, -1);
        System.arraycopy(chain, 1, targets, 0, chain.length - 1);
        // A history of no token at all leaves the jump over what is not known to this run.
        runs.add(new Run(state.epoch(), run, targets, 1 - pending, generates(), false));
        return rebuilt;
    }

    /** How many tokens can be run before another pass is needed. */
    int ready() {
        return contest != null ? contest.ready() : runs.getFirst().tokens().length - done;
    }

    /** Whether a pass may have room for fewer of them: those that are left out are proposed ones, or come in the next pass. */
    boolean isDivisible() {
        return contest != null || runs.getFirst().isProposed();
    }

    /** How many of them a pass takes at least. */
    int least() {
        return contest == null ? 1 : 2;
    }

    /** The next {@code count} tokens as a chunk, or as several that are tried beside each other. */
    List<Chunk> chunks(int count) {
        return contest == null ? List.of(chunk(count)) : contest.chunks(count, cache);
    }

    private Chunk chunk(int count) {
        Run run = runs.getFirst();
        if (run.skipTo() >= 0 && done == 0 && cache.end() < run.skipTo()) {
            cache.skipTo(run.skipTo());
        }
        int[] tokens = Arrays.copyOfRange(run.tokens(), done, done + count);
        int[] targets = Arrays.copyOfRange(run.targets(), done, done + count);
        boolean ends = run.isProposed() || done + count == run.tokens().length;
        boolean predicts = ends && run.predict();
        TokenChooser chooser = predicts ? continuation.chooser() : null;
        Proposal proposal = run.isProposed() && count > 1
                ? new ProposedTokens(continuation, hash, tokens[0], Arrays.copyOfRange(tokens, 1, count))
                : null;
        return new Chunk(
                cache,
                tokens,
                targets,
                predicts,
                hashAfter(tokens),
                chooser,
                update.details(),
                proposal,
                isContrastive());
    }

    /** A warm-up leads to the state's own hash, whatever part of it is known. */
    private long hashAfter(int[] tokens) {
        if (runs.size() > 1) {
            return update.state().hash();
        }
        long after = hash;
        for (int token : tokens) {
            after = StreamState.mix(after, token);
        }
        return after;
    }

    /**
     * Takes what a pass gave for its chunks.
     *
     * @param others how many rows the pass had of other streams, proposed ones not counted
     */
    void accept(List<Chunk> chunks, List<ChunkResult> results, int others) {
        alone = false;
        if (contest == null) {
            accept(chunks.get(0), results.get(0), others);
        } else {
            results.forEach(result -> contest.take(result, cache.hidden()));
            decide();
        }
    }

    private void decide() {
        if (!contest.isOver()) {
            return;
        }
        hash = contest.hash();
        Contest won = contest;
        contest = null;
        if (continuation.accept(won.winner(), won.nll())) {
            won.settle(cache.hidden());
            hold(won.winner(), cache.end(), won.next());
        }
    }

    /** Has the next token come by a contest, or none if none is left. */
    private void hold(int last, long position, Candidates likeliest) {
        contest = continuation.contest(last, position, hash, likeliest);
        if (contest == null) {
            var unused = continuation.accept(-1, Double.NaN);
        }
    }

    private void accept(Chunk chunk, ChunkResult result, int others) {
        Run run = runs.getFirst();
        int numbers = update.details().numbers();
        for (int i = 0; i < chunk.tokens().length; i++) {
            if (chunk.targets()[i] >= 0) {
                int at = run.into() + done + i;
                nll[at] = result.nll()[i];
                System.arraycopy(result.details(), i * numbers, details, at * numbers, numbers);
            }
        }
        watch(chunk, result);
        hash = chunk.hash(result.accepted());
        done += chunk.tokens().length;
        if (done < run.tokens().length && !run.isProposed()) {
            return;
        }
        runs.removeFirst();
        done = 0;
        if (run.predict() && isContrastive()) {
            beginContests(run);
            return;
        }
        if (run.predict() && goesOn(chunk, result)) {
            runs.add(Run.next(result.next(), continuation.proposed(1 + others)));
        }
    }

    /** The prompt's last token has shown what may follow it, and is the pending one again: it runs with each of those. */
    private void beginContests(Run prompt) {
        hash = update.state().append(update.tokens()).hash();
        cache.stepBack(hash);
        hold(prompt.tokens()[prompt.tokens().length - 1], cache.end(), null);
    }

    private void watch(Chunk chunk, ChunkResult result) {
        int rows = chunk.tokens().length;
        int size = result.hidden().length / rows;
        for (int i = 0; i < rows && chunk.hidden(); i++) {
            cache.hidden().put(cache.end() - rows + i, result.hidden(), i * size, size);
        }
    }

    private boolean goesOn(Chunk chunk, ChunkResult result) {
        return chunk.proposal() instanceof ProposedTokens proposed
                ? proposed.goesOn()
                : continuation.accept(result.next(), result.nextNll());
    }

    boolean isDone() {
        return runs.isEmpty() && contest == null;
    }

    /** Makes the result; leaves the cache at the new state's epoch. */
    void finish() {
        StreamState state = update.state().append(update.tokens());
        Continuation more = Continuation.NONE;
        if (generates()) {
            more = continuation.end();
            state = state.append(more.tokens());
        }
        if (cache != null && cache.end() > state.epoch()) {
            // The last token was run to see what follows it, and nothing did. It is the pending one all the same.
            cache.stepBack(state.hash());
        }
        result = new StreamResult.Advanced(state.checked(), nll, more, rebuiltTokens, details);
    }

    /** Hands out the result. */
    void complete() {
        future.complete(result);
    }

    /** Ends the job before it began: the stream's cache is gone, and with a part of its history none can be rebuilt. */
    void askForHistory() {
        future.complete(new StreamResult.HistoryNeeded());
    }

    /** Ends the job. */
    void fail(Throwable cause) {
        future.completeExceptionally(cause);
    }
}
