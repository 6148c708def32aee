package io.sinkstream.djl;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowTask;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Has the texts of a batch run together. A text is not cut into arrays on the way, since its stream, its checks and its results are those
 * of the rows of all other ways in: DJL gets a list without arrays, and runs no block for it.
 *
 * @param <I> an input
 * @param <O> an output
 */
final class StreamTranslator<I, O> implements Translator<I, O> {
    private static final String REQUESTS = "io.sinkstream.requests";

    private final TextRuns runs;
    private final Form<I, O> form;

    StreamTranslator(TextRuns runs, Form<I, O> form) {
        this.runs = runs;
        this.form = form;
    }

    /** Not null, or DJL would give one input of a batch after the other; what it would do with arrays is never asked. */
    @Override
    public Batchifier getBatchifier() {
        return Batchifier.STACK;
    }

    @Override
    public NDList processInput(TranslatorContext context, I input) {
        return batchProcessInput(context, Collections.singletonList(input));
    }

    @Override
    public O processOutput(TranslatorContext context, NDList list) throws TranslateException {
        return batchProcessOutput(context, list).get(0);
    }

    @Override
    public NDList batchProcessInput(TranslatorContext context, List<I> inputs) {
        List<Request> requests = inputs.stream().map(form::request).toList();
        context.setAttachment(REQUESTS, requests);
        return new NDList();
    }

    @Override
    @SuppressWarnings("unchecked") // It was put there above.
    public List<O> batchProcessOutput(TranslatorContext context, NDList list) throws TranslateException {
        List<Request> requests = (List<Request>) context.getAttachment(REQUESTS);
        Map<RowTask, Iterator<RowOutcome>> outcomes = outcomes(requests);
        List<O> outputs = new ArrayList<>(requests.size());
        for (Request request : requests) {
            List<RowOutcome> own = new ArrayList<>();
            while (own.size() < request.texts().size()) {
                own.add(outcomes.get(request.task()).next());
            }
            outputs.add(form.output(request, own));
        }
        return outputs;
    }

    /** By what is done, in the order of the requests that ask for it. */
    private Map<RowTask, Iterator<RowOutcome>> outcomes(List<Request> requests) {
        Map<RowTask, List<String>> texts = new LinkedHashMap<>();
        for (Request request : requests) {
            texts.computeIfAbsent(request.task(), unused -> new ArrayList<>()).addAll(request.texts());
        }
        Map<RowTask, Iterator<RowOutcome>> outcomes = new HashMap<>();
        texts.forEach((task, all) -> {
            if (!all.isEmpty()) {
                outcomes.put(task, runs.run(task, all).iterator());
            }
        });
        return outcomes;
    }
}
