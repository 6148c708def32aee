package io.sinkstream.state;

import io.sinkstream.rows.StreamEnd;
import io.sinkstream.rows.StreamTotals;
import io.sinkstream.settings.HistoryLength;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamState;
import java.util.Arrays;

/** A stream's state in one piece, to be carried from one run to another: a head whose tail is all the history that is kept. */
public final class SavedStream {
    private SavedStream() {}

    /** A stream's end as bytes. */
    static byte[] of(StreamEnd end, long owner) {
        StreamState state = end.state();
        StreamTotals totals = end.totals();
        StreamHead head = new StreamHead(
                state.position(),
                state.hash(),
                totals.predicted(),
                totals.nll(),
                0,
                totals.lastOrder(),
                state.sinks(),
                0,
                new int[0]);
        return toBytes(head, state.history(), owner);
    }

    /** The stream at its end, to be gone on with by a model of the same S and R. */
    public static StreamEnd end(byte[] saved, StreamModel model) {
        StreamHead head = StreamHead.ofAnyOwner(saved);
        StreamState state = model.resume(head.sinks(), head.position(), head.hash(), head.tail(), true);
        return new StreamEnd(state, head.totals());
    }

    /**
     * The same stream, whose rows before come to so much more.
     *
     * @param predicted how many tokens of those rows were predicted
     * @param nll their NLL, nats
     */
    static byte[] behind(byte[] saved, long predicted, double nll, long owner) {
        StreamHead head = StreamHead.ofAnyOwner(saved);
        StreamTotals totals = head.totals();
        return head.with(new StreamTotals(
                        predicted + totals.predicted(), nll + totals.nll(), totals.lastOrder(), totals.lastSeen()))
                .toBytes(owner);
    }

    /** As bytes. */
    static byte[] toBytes(StreamHead head, int[] history, long owner) {
        return new StreamHead(
                        head.position(),
                        head.hash(),
                        head.predicted(),
                        head.nll(),
                        head.lastSeen(),
                        head.lastOrder(),
                        head.sinks(),
                        0,
                        history)
                .toBytes(owner);
    }

    /**
     * The stream as it was saved, last seen now.
     *
     * @param keep how many tokens before the pending one are to be kept
     * @param history what asks for so many
     * @throws UserException if less of its history was kept than is now
     */
    public static StreamHead restored(byte[] saved, long keep, HistoryLength history, long now) {
        StreamHead head = StreamHead.ofAnyOwner(saved);
        long needed = Math.min(head.position(), keep + 1);
        if (head.tail().length < needed) {
            throw new UserException(StreamSettings.INITIAL_STATE + ": a saved stream keeps " + head.tail().length
                    + " tokens of its history, and " + StreamSettings.HISTORY + " " + history + " needs " + needed
                    + "; save it with that " + StreamSettings.HISTORY + ", or run with one that needs less");
        }
        return head.seen(now);
    }

    /**
     * A stream of the saved one's sinks and history, with its NLL so far.
     *
     * @param keep how many tokens before the pending one are to be kept
     */
    public static StreamHead rerun(byte[] saved, StreamModel model, long keep, long now) {
        StreamHead head = StreamHead.ofAnyOwner(saved);
        int[] sinks = head.sinks();
        int[] tail = head.tail();
        // In a short stream the history begins among the sinks.
        int fresh = (int) Math.min(sinks.length, head.tailStart());
        int[] tokens = Arrays.copyOf(sinks, fresh + tail.length);
        System.arraycopy(tail, 0, tokens, fresh, tail.length);
        StreamState state = model.start().append(tokens);
        int kept = (int) Math.min(tokens.length, keep + 1);
        return new StreamHead(
                state.position(),
                state.hash(),
                head.predicted(),
                head.nll(),
                now,
                head.lastOrder(),
                state.sinks(),
                0,
                Arrays.copyOfRange(tokens, tokens.length - kept, tokens.length));
    }
}
