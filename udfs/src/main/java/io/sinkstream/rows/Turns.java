package io.sinkstream.rows;

import io.sinkstream.stream.Outcomes;
import io.sinkstream.stream.StreamResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Advances streams by the rows that wait in them, all streams at once: scoring takes a stream's rows in one piece,
 * continuations take one after another. No stream waits for another one: when a turn of its is done, the next is submitted.
 */
final class Turns<R> implements AutoCloseable {
    private final RowModel model;
    private final RowTask task;
    private final TurnResults<R> results;
    private final RowReader<R> reader;
    private final long mostRebuilt;
    private final BlockingQueue<Ended<R>> ended = new LinkedBlockingQueue<>();
    private final Map<Turn<R>, CompletableFuture<StreamResult>> running = new HashMap<>();
    /** Turns whose stream has no cache; each has to read a history. */
    private final Deque<Turn<R>> lost = new ArrayDeque<>();

    private long rebuilding;

    private record Ended<R>(Turn<R> turn, StreamResult result, Throwable failure) {}

    /**
     * Turns of no stream yet.
     *
     * @param reader which gave the rows their tokens
     * @param mostRebuilt about how many tokens of history may be in memory at a time
     */
    Turns(RowModel model, RowTask task, TurnResults<R> results, RowReader<R> reader, long mostRebuilt) {
        this.model = model;
        this.task = task;
        this.results = results;
        this.reader = reader;
        this.mostRebuilt = mostRebuilt;
    }

    /** Has these streams go on with the rows that wait in them, and does not wait for any. */
    void begin(Collection<OpenStream<R>> streams) {
        List<Turn<R>> next = new ArrayList<>(streams.size());
        // One that is under way goes on by itself.
        streams.stream().filter(stream -> !stream.isUnderWay()).forEach(stream -> begin(stream, next));
        submit(next);
    }

    /** Waits until some turn is done, and has its stream go on. */
    void await() {
        if (running.isEmpty()) {
            throw new IllegalStateException("rows are left without an outcome");
        }
        try {
            List<Turn<R>> next = new ArrayList<>();
            for (Ended<R> turn : take()) {
                end(turn, next);
            }
            rebuild(next);
            submit(next);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Cancels all that are under way. */
    @Override
    public void close() {
        running.values().forEach(future -> future.cancel(false));
    }

    /** Takes the stream's next turn, if there is one. */
    private void begin(OpenStream<R> stream, List<Turn<R>> next) {
        while (!stream.waiting().isEmpty()) {
            List<RowInHand<R>> rows = new ArrayList<>();
            do {
                rows.add(stream.waiting().remove());
            } while (task.maxNewTokens() == 0
                    && !stream.isCareful()
                    && !stream.waiting().isEmpty());
            try {
                stream.check();
                boolean begins = stream.kept().position() == 0;
                for (RowInHand<R> row : rows) {
                    row.standAt(begins && row == rows.get(0), reader);
                }
                Turn<R> turn = new Turn<>(stream, rows, begins ? front(rows.get(0)) : Tokens.NONE);
                if (begins && turn.tokens().length == 0 && task.maxNewTokens() > 0) {
                    turn.bad(
                            RowProblem.NULL_CONTENT,
                            "a continuation needs at least one token before it, and there is none");
                    stream.kept().passOver(rows.get(0).order());
                } else {
                    stream.underWay(true);
                    next.add(turn);
                    return;
                }
            } catch (BrokenState e) {
                stream.broke(e);
                rows.forEach(row -> row.bad(RowProblem.BROKEN_STATE, e.getMessage()));
            } catch (BadRow e) {
                rows.forEach(row -> row.bad(e.problem(), e.getMessage()));
            }
        }
    }

    /** What stands before a stream's first row; a prompt that begins with it itself needs no other. */
    private int[] front(RowInHand<R> first) {
        return task.maxNewTokens() > 0 ? Tokens.front(reader.prefix(), first.tokens()) : reader.prefix();
    }

    private void submit(List<Turn<R>> turns) {
        if (turns.isEmpty()) {
            return;
        }
        List<CompletableFuture<StreamResult>> futures =
                model.submit(turns.stream().map(turn -> turn.update(task)).toList());
        for (int i = 0; i < futures.size(); i++) {
            Turn<R> turn = turns.get(i);
            running.put(turn, futures.get(i));
            var unused =
                    futures.get(i).whenComplete((result, failure) -> ended.add(new Ended<>(turn, result, failure)));
        }
    }

    /** At least one, and all that are there. */
    private List<Ended<R>> take() {
        try {
            List<Ended<R>> all = new ArrayList<>();
            all.add(ended.take());
            var unused = ended.drainTo(all);
            return all;
        } catch (InterruptedException e) {
            throw Outcomes.interrupted();
        }
    }

    private void end(Ended<R> done, List<Turn<R>> next) {
        Turn<R> turn = done.turn();
        var unused = running.remove(turn);
        if (done.failure() != null) {
            throw Outcomes.failed(done.failure());
        }
        if (turn.isWhole()) {
            rebuilding -= turn.state().rebuildTokens();
        }
        if (done.result() instanceof StreamResult.HistoryNeeded && !turn.isWhole()) {
            lost.add(turn);
            return;
        }
        if (done.result() instanceof StreamResult.Refused refused) {
            // Every token of the rows was checked before: this is the stream's own.
            turn.stream().broke(new BrokenState(refused.problem(), null));
            turn.bad(RowProblem.BROKEN_STATE, refused.problem());
        } else {
            results.accept(turn, done.result().advanced());
        }
        turn.stream().underWay(false);
        begin(turn.stream(), next);
    }

    /** Only for streams that have no cache histories are read, and only for a few of them at a time. */
    private void rebuild(List<Turn<R>> next) {
        while (!lost.isEmpty() && (rebuilding == 0 || rebuilding < mostRebuilt)) {
            Turn<R> turn = lost.remove();
            try {
                turn.rebuild();
                rebuilding += turn.state().rebuildTokens();
                next.add(turn);
            } catch (BrokenState e) {
                turn.stream().broke(e);
                turn.bad(RowProblem.BROKEN_STATE, e.getMessage());
                turn.stream().underWay(false);
                begin(turn.stream(), next);
            }
        }
    }
}
