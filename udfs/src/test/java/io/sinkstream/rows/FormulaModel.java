package io.sinkstream.rows;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.EmptyStreams;
import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A model whose numbers are a formula of all tokens before: what a stream's numbers ought to be is known without one. It can be
 * told to answer otherwise.
 */
final class FormulaModel implements RowModel {
    static final int VOCABULARY = 1_000;

    /** Has no number for this one, nor for any that is run with it or after it. */
    static final int POISON = 666;

    private final List<StreamUpdate> updates = new ArrayList<>();
    private final Set<StreamName> forgotten = new HashSet<>();
    private final Map<StreamUpdate, CompletableFuture<StreamResult>> held = new HashMap<>();
    private Function<StreamUpdate, StreamResult> answer = this::advanced;
    private Set<String> slow = Set.of();
    private boolean isBroken;

    /** Answers these updates otherwise, where {@code other} gives something. */
    void answering(Function<StreamUpdate, Optional<StreamResult>> other) {
        answer = update -> other.apply(update).orElseGet(() -> advanced(update));
    }

    /** Does not answer for these streams until {@link #release}. */
    void holding(Set<String> keys) {
        slow = keys;
    }

    /** Gives no finite number for anything. */
    void breaks() {
        isBroken = true;
    }

    void release() {
        held.forEach((update, future) -> future.complete(answer.apply(update)));
        held.clear();
    }

    /** All updates that were submitted for this stream. */
    List<StreamUpdate> updates(String key) {
        return updates.stream()
                .filter(update ->
                        update.name() != null && update.name().stream().equals(key))
                .toList();
    }

    List<StreamUpdate> updates() {
        return updates;
    }

    Set<StreamName> forgotten() {
        return forgotten;
    }

    void forget(StreamName name) {
        forgotten.add(name);
    }

    @Override
    public List<CompletableFuture<StreamResult>> submit(List<StreamUpdate> some) {
        updates.addAll(some);
        List<CompletableFuture<StreamResult>> futures = new ArrayList<>();
        for (StreamUpdate update : some) {
            CompletableFuture<StreamResult> future = new CompletableFuture<>();
            futures.add(future);
            if (update.name() != null && slow.contains(update.name().stream())) {
                held.put(update, future);
            } else {
                future.complete(answer.apply(update));
            }
        }
        return futures;
    }

    StreamResult.Advanced advanced(StreamUpdate update) {
        StreamState state = update.state();
        double[] nll = nll(state, update.tokens());
        state = state.append(update.tokens());
        if (update.maxNewTokens() == 0) {
            return new StreamResult.Advanced(state, nll, Continuation.NONE, 0, details(update.details(), nll));
        }
        int[] more = new int[update.maxNewTokens()];
        double sum = 0;
        for (int i = 0; i < more.length; i++) {
            more[i] = Math.floorMod(state.append(new int[] {0}).hash(), 600);
            sum += nll(state, new int[] {more[i]})[0];
            state = state.append(new int[] {more[i]});
        }
        return new StreamResult.Advanced(state, nll, new Continuation(more, sum, FinishReason.LENGTH));
    }

    /** Numbers by which each can be told. */
    static double[] details(TokenDetails wanted, double[] nll) {
        double[] all = wanted.unknown(nll.length);
        for (int i = 0; i < all.length; i++) {
            all[i] = nll[i / wanted.numbers()] * 1_000 + i % wanted.numbers();
        }
        return all;
    }

    /** What the numbers of these tokens are after that state. */
    double[] nll(StreamState before, int[] tokens) {
        StreamState state = before;
        double[] nll = new double[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            StreamState next = state.append(new int[] {tokens[i]});
            boolean isPoisoned = isBroken
                    || Arrays.stream(tokens).anyMatch(token -> token == POISON)
                    || Arrays.stream(state.history()).anyMatch(token -> token == POISON);
            nll[i] = state.position() == 0 || isPoisoned
                    ? Double.NaN
                    : 1 + Math.floorMod(next.hash() ^ (31L * tokens[i]), 1_000) / 1_000.0;
            state = next;
        }
        return nll;
    }

    @Override
    public Optional<String> problem(int[] tokens) {
        return Arrays.stream(tokens).anyMatch(token -> token < 0 || token >= VOCABULARY)
                ? Optional.of("outside the vocabulary")
                : Optional.empty();
    }

    @Override
    public StreamState start() {
        return EmptyStreams.of(4, 1_000_000);
    }

    @Override
    public int vocabulary() {
        return VOCABULARY;
    }

    @Override
    public TextTokenizer tokenizer() {
        return null;
    }
}
