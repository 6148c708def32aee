package io.sinkstream.dialogue;

import io.sinkstream.rows.RowTask;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.StopText;
import io.sinkstream.sampling.Stops;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.LookupCounts;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamState;
import java.util.Arrays;

/** Keeps no keys and values: each token of an answer is computed anew from the last tokens before it. */
final class RecomputingSpeaker implements Speaker {
    private final StreamModel model;
    private final int context;

    /** @param context how many tokens each is computed from, at most */
    RecomputingSpeaker(StreamModel model, int context) {
        this.model = model;
        this.context = context;
    }

    /** The prompt's own tokens are not predicted: each would take as long as one of the answer. */
    @Override
    public Spoken speak(StreamState state, int[] prompt, RowTask.Continue task, Hearer hearer) {
        StreamState now = state.append(prompt);
        StopText text =
                new StopText(task.sampling().stops().texts(), model.tokenizer().orElseThrow(), now.last(context), 0);
        int[] tokens = new int[task.maxNewTokens()];
        int count = 0;
        double nll = 0;
        FinishReason finish = null;
        while (finish == null) {
            Continuation one = next(now, task, count);
            if (one.tokens().length == 0) {
                finish = one.finish();
                break;
            }
            int token = one.tokens()[0];
            nll += one.nll();
            tokens[count++] = token;
            now = now.append(one.tokens());
            boolean isStop = task.sampling().stops().tokens().contains(token);
            hearer.drawn(token, one.nll(), isStop ? "" : text.add(token));
            if (isStop || text.isStopped() || hearer.isEnough()) {
                finish = FinishReason.STOP;
            } else if (count == task.maxNewTokens()) {
                finish = FinishReason.LENGTH;
            }
        }
        hearer.ended(text.end());
        Continuation answer =
                new Continuation(Arrays.copyOf(tokens, count), nll, finish, text.text(), LookupCounts.NONE);
        return new Spoken(now, Double.NaN, Speaker.finite(answer));
    }

    /** The next token, if there is one, after {@code count} of the answer. */
    private Continuation next(StreamState now, RowTask.Continue task, int count) {
        Sampling sampling = task.sampling();
        Bans bans = sampling.bans();
        Sampling here = sampling.withBans(bans.withMinNewTokens(Math.max(0, bans.minNewTokens() - count)))
                .withStops(Stops.NONE);
        // All contexts begin at 0, where chance would be the same each time.
        String key = KEY + " " + now.position();
        return Speaker.advance(
                        model,
                        new RowTask.Continue(1, task.ignoreEos(), here, 0)
                                .update(key, null, model.start(), now.last(context)))
                .continuation();
    }

    @Override
    public void forget() {
        // Nothing is kept.
    }
}
