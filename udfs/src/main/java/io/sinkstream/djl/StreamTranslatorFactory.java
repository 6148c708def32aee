package io.sinkstream.djl;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import io.sinkstream.rows.RowOptions;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Translators for models of {@link StreamBlockFactory}: what {@code translatorFactory} in {@code serving.properties} names for {@code
 * Input} and {@code Output}, a program by {@code optTranslatorFactory}, and DJL's Spark extension by {@code setTranslatorFactory}. Each text is a stream of its own, with the numbers of the command {@code
 * score}, and of {@code generate}:
 *
 * <ul>
 *   <li>{@code String -> float[]}: each token's NLL, nats; NaN for the first
 *   <li>{@code String -> String}: what the model goes on with
 *   <li>{@code Input -> Output}: a text, or JSON such as {@code {"inputs": "Once", "parameters": {"max_new_tokens": 20}}}; JSON
 *   <li>{@code byte[] -> byte[]}: a text in UTF-8; JSON
 * </ul>
 *
 * The last two are continued if the model's {@code application} is {@code nlp/text_generation}, and else scored. The inputs of one call
 * of {@code batchPredict} go through the model together, and so do those of predictors on several threads.
 */
public final class StreamTranslatorFactory implements TranslatorFactory, Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(
                new Pair<>(String.class, float[].class),
                new Pair<>(String.class, String.class),
                new Pair<>(Input.class, Output.class),
                new Pair<>(byte[].class, byte[].class));
    }

    /**
     * A translator of these types.
     *
     * @throws UserException if the block is not {@link StreamBlockFactory}'s, the model has no tokenizer, or the settings do not fit it;
     *     the model is closed then, since DJL gives it to nobody
     */
    @Override
    @SuppressWarnings("unchecked") // The form is that of the types.
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) {
        if (!isSupported(input, output)) {
            throw new IllegalArgumentException(
                    "from " + input.getName() + " to " + output.getName() + "; allowed are " + getSupportedTypes());
        }
        try {
            return (Translator<I, O>) translator(input, output, StreamBlock.of(model), new ModelArguments(arguments));
        } catch (UserException e) {
            model.close();
            throw e;
        }
    }

    private static Translator<?, ?> translator(
            Class<?> input, Class<?> output, StreamBlock block, ModelArguments arguments) {
        boolean isContinuing = output.equals(String.class) || (!input.equals(String.class) && arguments.isContinuing());
        Path folder = block.options().model();
        TextRuns runs = new TextRuns(
                block,
                isContinuing
                        ? RowOptions.continued(arguments.values(), folder)
                        : RowOptions.scored(arguments.values()));
        RequestTasks tasks =
                new RequestTasks(arguments, isContinuing ? GenerationConfig.of(folder) : null, runs::check);
        return new StreamTranslator<>(runs, form(input, output, tasks));
    }

    private static Form<?, ?> form(Class<?> input, Class<?> output, RequestTasks tasks) {
        if (input.equals(String.class)) {
            return output.equals(String.class) ? PlainForm.continuation(tasks.usual()) : PlainForm.tokenNlls();
        }
        return input.equals(Input.class) ? new ServedForm(tasks) : new BytesForm(tasks);
    }
}
