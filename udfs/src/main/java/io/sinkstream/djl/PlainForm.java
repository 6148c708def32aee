package io.sinkstream.djl;

import ai.djl.translate.TranslateException;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowTask;
import io.sinkstream.settings.TokenDetails;
import java.util.List;
import java.util.function.Function;

/**
 * A text in, a value out. No text has no value; a text that the model can't read has nowhere to say why, and is an error.
 *
 * @param task what is done with texts
 * @param value of a good one
 * @param <O> a value
 */
record PlainForm<O>(RowTask task, Function<RowOutcome, O> value) implements Form<String, O> {
    /** Its tokens' NLLs, nats; NaN for the first token, which nothing predicts. */
    static PlainForm<float[]> tokenNlls() {
        return new PlainForm<>(
                new RowTask.Score(true, TokenDetails.NONE),
                outcome -> StreamBlock.floats(((RowOutcome.Scored) outcome).tokenNll()));
    }

    /** What the model goes on with. */
    static PlainForm<String> continuation(RowTask task) {
        return new PlainForm<>(task, outcome -> ((RowOutcome.Continued) outcome).text());
    }

    @Override
    public Request request(String input) {
        return Request.of(input, task);
    }

    @Override
    public O output(Request request, List<RowOutcome> outcomes) throws TranslateException {
        if (request.texts().get(0) == null) {
            return null;
        }
        if (outcomes.get(0) instanceof RowOutcome.Bad bad) {
            throw new TranslateException(bad.message());
        }
        return value.apply(outcomes.get(0));
    }
}
