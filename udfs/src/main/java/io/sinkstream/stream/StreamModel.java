package io.sinkstream.stream;

import io.sinkstream.cache.CachePool;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.decoder.AttentionSums;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Limits;
import io.sinkstream.family.Families;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A model that advances many streams at once: {@link #advance} is a pure function of states and tokens to new states and
 * numbers, and caches only make it fast.
 *
 * <p>Safe for any number of threads: calls that wait at the same moment are merged into passes, which one thread of the
 * model's own makes. Owns the weights and all caches; {@link #close} frees them.
 */
public final class StreamModel implements AutoCloseable {
    private final ModelDescription description;
    private final String fingerprint;
    private final SinkWindow rule;
    private final TextTokenizer tokenizer;
    private final JobTerms terms;
    private final ModelThread thread;

    private StreamModel(ModelOptions options) {
        Checkpoint checkpoint = Checkpoint.open(options.model());
        this.rule = rule(options);
        DecoderSpec spec = Families.spec(checkpoint, rule);
        this.description = describe(checkpoint, spec, rule);
        this.fingerprint = checkpoint.fingerprint();
        this.tokenizer = checkpoint.tokenizer().orElse(null);
        this.terms = new JobTerms(rule, ends(checkpoint, spec), tokenizer);
        SharedWeights weights = SharedWeights.hold(options.model(), fingerprint, spec, options.compute());
        try {
            this.thread = new ModelThread(new ModelThread.Parts(
                    () -> Decoder.of(weights.load(checkpoint), rule),
                    decoder -> new CachePool<>(
                            decoder.manager(),
                            decoder.cacheShape(),
                            decoder.cells(),
                            decoder.hardware().bytes(options.cacheMemory())),
                    pool -> new PassPlanner(pool, options.chunk(), options.passTokens()),
                    decoder -> decoder::run,
                    weights::release));
        } catch (RuntimeException | Error e) {
            closeTokenizer();
            throw e;
        }
    }

    /** Some checkpoints name a token that they do not have: it ends nothing, and can't be held back. */
    private static Set<Integer> ends(Checkpoint checkpoint, DecoderSpec spec) {
        return checkpoint.eosTokens().stream()
                .filter(token -> token < spec.sizes().vocabulary())
                .collect(Collectors.toUnmodifiableSet());
    }

    private void closeTokenizer() {
        if (tokenizer != null) {
            tokenizer.close();
        }
    }

    private static SinkWindow rule(ModelOptions options) {
        return new SinkWindow(options.sinks(), options.window(), options.sinkDistance());
    }

    private static ModelDescription describe(Checkpoint checkpoint, DecoderSpec spec, SinkWindow rule) {
        return new ModelDescription(
                checkpoint.config().modelType(),
                spec.sizes().layers(),
                spec.sizes().vocabulary(),
                spec.parameters(),
                spec.historyTokens(rule),
                checkpoint.hasTokenizer());
    }

    /**
     * Reads headers, config, family and the tokenizer, and loads no weight: what a driver checks before a job.
     *
     * @throws UserException for anything about the model that is missing, broken or not supported, and if one stream's cache does
     *     not fit into the budget
     */
    public static ModelDescription describe(ModelOptions options) {
        CacheRoom room = room(options);
        room.requireAnywhere();
        room.checkpoint().checkTokenizer();
        return describe(room.checkpoint(), room.spec(), room.rule());
    }

    /**
     * Checks that one stream's cache fits into the budget on this machine: before a model is loaded, and on a driver whose tasks run
     * in its own JVM.
     *
     * @throws UserException if it does not
     */
    public static void requireRoom(ModelOptions options) {
        room(options).requireHere();
    }

    private static CacheRoom room(ModelOptions options) {
        Checkpoint checkpoint = Checkpoint.open(options.model());
        SinkWindow rule = rule(options);
        return new CacheRoom(options, checkpoint, Families.spec(checkpoint, rule), rule);
    }

    /** {@link Checkpoint#fingerprint} of the model; loads no weight. */
    public static String fingerprint(ModelOptions options) {
        return Checkpoint.open(options.model()).fingerprint();
    }

    /** {@link Checkpoint#tokenizerFingerprint} of the model. */
    public static String tokenizerFingerprint(ModelOptions options) {
        return Checkpoint.open(options.model()).tokenizerFingerprint();
    }

    /**
     * Starts libtorch and finds the device: what a driver checks before a job whose tasks run in its own JVM.
     *
     * @throws UserException if the options ask for a GPU that is not there
     */
    public static void requireDevice(ModelOptions options) {
        TorchEngine.newManager(options.compute()).close();
    }

    /** Loads the model. The caller closes it. */
    public static StreamModel open(ModelOptions options) {
        return new StreamModel(options);
    }

    /** What the checkpoint's headers say. */
    public ModelDescription description() {
        return description;
    }

    /** The checkpoint's fingerprint when the model was loaded, see {@link #fingerprint(ModelOptions)}. */
    public String fingerprint() {
        return fingerprint;
    }

    /** The checkpoint's tokenizer; empty if it has none. */
    public Optional<TextTokenizer> tokenizer() {
        return Optional.ofNullable(tokenizer);
    }

    /** The state of a stream without tokens. It keeps L x R tokens of history: a rebuilt cache gives the same numbers. */
    public StreamState start() {
        return StreamState.empty(rule.sinks(), description.historyTokens());
    }

    /**
     * The same for streams whose tokens are chosen so: contrastive search looks at hidden states of the window, which R tokens more
     * have an influence on.
     */
    public StreamState start(Sampling sampling) {
        return StreamState.empty(rule.sinks(), historyTokens(sampling));
    }

    private long historyTokens(Sampling sampling) {
        return description.historyTokens() + (sampling.contrast() == null ? 0 : rule.window());
    }

    /**
     * The state of a stream that was stored as tokens.
     *
     * @param sinks its first min(S, position) tokens
     * @param position how many tokens it has
     * @param hash {@link StreamState#hash}
     * @param last its last tokens, oldest first, at least one of any that there are
     * @param whole whether these are all that is kept of it. If not, they do for as long as its cache is there, and an update
     *     that finds it gone comes back with {@link StreamResult#historyNeeded}
     */
    public StreamState resume(int[] sinks, long position, long hash, int[] last, boolean whole) {
        return StreamState.stored(rule.sinks(), description.historyTokens(), sinks, position, hash, last, whole);
    }

    /** What is wrong with these tokens, if anything: the first id outside the vocabulary. */
    public Optional<String> problem(int[] tokens) {
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < 0 || tokens[i] >= description.vocabularySize()) {
                return Optional.of("token " + tokens[i] + " at index " + i + " is outside the vocabulary, 0 to "
                        + (description.vocabularySize() - 1));
            }
        }
        return Optional.empty();
    }

    /**
     * Advances all streams and waits for all of them; results are in the order of the updates. A bad update is refused, and
     * no other is affected.
     *
     * @throws java.util.concurrent.CancellationException if the thread is interrupted, which stays set
     * @throws IllegalStateException if the model is closed, or an update can't be run
     */
    public List<StreamResult> advance(List<? extends StreamUpdate> updates) {
        return Outcomes.await(submit(updates));
    }

    /**
     * Advances one stream by an update that the caller knows to be good.
     *
     * @throws IllegalStateException if it is refused after all, or as {@link #advance(List)} does
     */
    public StreamResult.Advanced advance(StreamUpdate update) {
        return advance(List.of(update)).get(0).advanced();
    }

    /**
     * Has all streams advance, and does not wait: each update has its own future, in the order of the updates. One that is
     * cancelled is dropped before the next pass. What depends on a future runs on the model's thread unless it is told
     * otherwise (by one of the async forms), and keeps all streams waiting meanwhile.
     *
     * @throws IllegalStateException if the model is closed
     */
    public List<CompletableFuture<StreamResult>> submit(List<? extends StreamUpdate> updates) {
        List<CompletableFuture<StreamResult>> futures = new ArrayList<>(updates.size());
        List<StreamJob> jobs = new ArrayList<>(updates.size());
        for (StreamUpdate update : updates) {
            Optional<String> problem = problem(update);
            if (problem.isPresent()) {
                futures.add(CompletableFuture.completedFuture(new StreamResult.Refused(problem.get())));
                continue;
            }
            StreamJob job = new StreamJob(update, terms);
            futures.add(job.future());
            if (job.isTrivial()) {
                job.finish();
                job.complete();
            } else {
                jobs.add(job);
            }
        }
        if (!jobs.isEmpty()) {
            thread.submit(jobs);
        }
        return futures;
    }

    private Optional<String> problem(StreamUpdate update) {
        StreamState state = update.state();
        if (update.maxNewTokens() > 0 && state.position() + update.tokens().length == 0) {
            return Optional.of("a continuation needs at least one token before it");
        }
        int likeliest = update.details().likeliest();
        if (likeliest > description.vocabularySize()) {
            return Optional.of("there are no " + likeliest + " likeliest tokens in a vocabulary of "
                    + description.vocabularySize());
        }
        Optional<String> problem = problem(update.tokens()).or(() -> samplingProblem(update));
        if (problem.isPresent() || !state.isStored()) {
            return problem;
        }
        // One token that is none would fail the passes of all streams, on a GPU its whole context.
        return problem(state.sinks())
                .or(() -> problem(state.history()))
                .map(found -> "the stream's stored state is broken: " + found);
    }

    private Optional<String> samplingProblem(StreamUpdate update) {
        if (!(update instanceof StreamUpdate.Continue more)) {
            return Optional.empty();
        }
        StreamState state = update.state();
        long history = historyTokens(more.sampling());
        if (more.sampling().contrast() != null && state.known() < Math.min(state.epoch(), history)) {
            return Optional.of("contrastive search needs " + history
                    + " tokens of a stream before its last one, the state" + " has " + state.known());
        }
        boolean lacksTokenizer =
                tokenizer == null && !more.sampling().stops().texts().isEmpty();
        return lacksTokenizer
                ? Optional.of("stop texts need a tokenizer, and the model has none")
                : more.sampling().problem(description.vocabularySize());
    }

    /** Measures what bounds its passes, on its thread, between two of them. */
    public <T> T measure(Function<Limits, T> what) {
        return thread.call(decoder -> what.apply(decoder.limits()));
    }

    /**
     * Where its attention goes in texts, each seen as a whole; on its thread, between two passes.
     *
     * @param texts token ids, at least one text and one token, all as long, and no longer than S + R
     * @throws IllegalArgumentException if they are not, or one is no token
     */
    public AttentionSums attention(List<int[]> texts) {
        texts.forEach(text -> problem(text).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        }));
        return thread.call(decoder -> decoder.attention(texts));
    }

    /** Frees the stream's cache, if one is kept: the stream has ended, or is not expected soon. */
    public void forget(StreamName name) {
        thread.forget(name);
    }

    /** What the model has done since it was loaded. */
    public StreamModelUsage usage() {
        return thread.usage();
    }

    /** Whether it was closed, or its thread has ended. */
    boolean isClosed() {
        return thread.isClosed();
    }

    /** Frees the weights and all caches after the pass at hand. Callers that still wait get an error. */
    @Override
    public void close() {
        thread.close();
        closeTokenizer();
    }
}
