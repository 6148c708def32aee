package io.sinkstream.dialogue;

import io.sinkstream.rows.FiniteNumbers;
import io.sinkstream.rows.RowTask;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.Arrays;
import java.util.UUID;

/** Keeps the keys and values of the stream. */
final class CachedSpeaker implements Speaker {
    /** A prompt is read in such pieces: between two of them it can be told how far it is, and given up. */
    static final int PIECE = 4096;

    private final StreamModel model;
    private final StreamName name = new StreamName(UUID.randomUUID().toString(), KEY);

    CachedSpeaker(StreamModel model) {
        this.model = model;
    }

    @Override
    public Spoken speak(StreamState state, int[] prompt, RowTask.Continue task, Hearer hearer) {
        StreamState now = state;
        PromptNumbers numbers = new PromptNumbers();
        int done = 0;
        while (prompt.length - done > PIECE) {
            int[] piece = Arrays.copyOfRange(prompt, done, done + PIECE);
            StreamResult.Advanced read = Speaker.advance(model, StreamUpdate.score(name, now, piece));
            numbers.add(read.nll(), now);
            now = read.state();
            done += PIECE;
            hearer.reading(done, prompt.length);
            if (hearer.isEnough()) {
                return new Spoken(now, numbers.perplexity(), Continuation.NONE);
            }
        }
        int[] rest = Arrays.copyOfRange(prompt, done, prompt.length);
        StreamResult.Advanced end =
                Speaker.advance(model, task.update(KEY, name, now, rest).told(hearer));
        numbers.add(end.nll(), now);
        return new Spoken(end.state(), numbers.perplexity(), Speaker.finite(end.continuation()));
    }

    /** What a prompt's NLLs come to. */
    private static final class PromptNumbers {
        private double sum;
        private int count;

        /** Takes those of some tokens behind {@code before}; a stream's first token has none. */
        void add(double[] nll, StreamState before) {
            for (int i = before.position() == 0 ? 1 : 0; i < nll.length; i++) {
                sum += FiniteNumbers.require(nll[i]);
                count++;
            }
        }

        double perplexity() {
            return Math.exp(sum / count);
        }
    }

    @Override
    public void forget() {
        model.forget(name);
    }
}
