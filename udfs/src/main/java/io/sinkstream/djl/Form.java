package io.sinkstream.djl;

import ai.djl.translate.TranslateException;
import io.sinkstream.rows.RowOutcome;
import java.util.List;

/**
 * What inputs and outputs are.
 *
 * @param <I> an input
 * @param <O> an output
 */
interface Form<I, O> {
    /** What the input asks for. */
    Request request(I input);

    /**
     * The output of it.
     *
     * @param outcomes what became of its texts
     * @throws TranslateException if there is none, and the form has no place to say so
     */
    O output(Request request, List<RowOutcome> outcomes) throws TranslateException;
}
