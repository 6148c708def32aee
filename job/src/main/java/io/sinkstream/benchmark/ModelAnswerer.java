package io.sinkstream.benchmark;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.rows.FiniteNumbers;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.Arrays;

/**
 * A model that reads a stream and answers greedily. Its next token is compared with the answer's, which then stands in the
 * stream: so an answer is right if and only if the model would have written it, and a wrong one does not spoil what follows.
 */
final class ModelAnswerer implements Answerer, AutoCloseable {
    private final StreamModel model;
    private final TextTokenizer tokenizer;
    private final StreamName name;
    private final int context;
    private StreamState state;
    /** The last tokens of the state, where each answer is computed anew from them. */
    private int[] last = {};
    /** What has been read behind the state. */
    private int[] unread = {};

    /**
     * One that has read nothing.
     *
     * @param context how many tokens each answer is computed anew from; 0 where a cache is kept
     */
    ModelAnswerer(StreamModel model, StreamName name, int context) {
        this.model = model;
        this.tokenizer = model.tokenizer().orElseThrow();
        this.name = name;
        this.context = context;
        this.state = model.start();
    }

    @Override
    public String answer(Question question) {
        Tokens tokens = Tokens.of(question, tokenizer, state.position() == 0);
        unread = joined(unread, tokens.text());
        int[] answer = tokens.answer();
        for (int i = 0; i < answer.length; i++) {
            int said = next();
            // The cache has all but this one: the state's pending token, as after a continuation.
            settle(joined(unread, new int[] {answer[i]}));
            if (said != answer[i]) {
                unread = Arrays.copyOfRange(answer, i + 1, answer.length);
                int[] whole = Arrays.copyOf(answer, i + 1);
                whole[i] = said;
                return tokenizer.decode(whole);
            }
        }
        return question.answer();
    }

    private int next() {
        StreamUpdate update;
        if (context > 0) {
            int[] all = joined(last, unread);
            int[] seen = Arrays.copyOfRange(all, Math.max(0, all.length - context), all.length);
            update = StreamUpdate.generate(null, model.start().append(seen), new int[0], 1, true);
        } else {
            update = StreamUpdate.generate(name, state, unread, 1, true);
        }
        Continuation said = model.advance(update).continuation();
        var unused = FiniteNumbers.require(said.nll());
        return said.tokens()[0];
    }

    private void settle(int[] tokens) {
        state = state.append(tokens);
        int[] all = joined(last, tokens);
        last = Arrays.copyOfRange(all, Math.max(0, all.length - context), all.length);
        unread = new int[0];
    }

    private static int[] joined(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /** Frees its cache. */
    @Override
    public void close() {
        model.forget(name);
    }

    /**
     * A question's tokens.
     *
     * @param text up to the answer
     * @param answer the answer as it is written behind the text
     */
    record Tokens(int[] text, int[] answer) {
        static Tokens of(Question question, TextTokenizer tokenizer, boolean isFirst) {
            int[] text = tokenizer.encode(question.text());
            int[] whole = tokenizer.encode(question.text() + question.answer());
            // Where the answer begins within a token of the text, that token is the answer's.
            int mismatch = Arrays.mismatch(text, whole);
            int shared = mismatch < 0 ? text.length : mismatch;
            int[] front = isFirst ? tokenizer.prefix() : new int[0];
            return new Tokens(
                    joined(front, Arrays.copyOf(whole, shared)), Arrays.copyOfRange(whole, shared, whole.length));
        }

        int count() {
            return text.length + answer.length;
        }
    }
}
