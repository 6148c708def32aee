package io.sinkstream.dialogue;

import io.sinkstream.rows.FiniteNumbers;
import io.sinkstream.rows.RowTask;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.List;

/** Has a model go on with one stream. */
interface Speaker {
    /** Tells the stream apart from others that draw by chance, as a row's key does. */
    String KEY = "chat";

    /**
     * Reads a prompt and answers it.
     *
     * @param state the stream before
     * @param task how its tokens are chosen, and how many there are at most
     * @throws UserException if the model can't take the tokens
     */
    Spoken speak(StreamState state, int[] prompt, RowTask.Continue task, Hearer hearer);

    /** Lets go of what is kept of the stream. */
    void forget();

    /** The same continuation. Throws UserException if its NLL is no number. */
    static Continuation finite(Continuation more) {
        var unused = FiniteNumbers.require(more.nll());
        return more;
    }

    /** The result of one update. */
    static StreamResult.Advanced advance(StreamModel model, StreamUpdate update) {
        StreamResult result = model.advance(List.of(update)).get(0);
        if (result instanceof StreamResult.Refused refused) {
            throw new UserException(Settings.MODEL + ": " + refused.problem());
        }
        return result.advanced();
    }
}
