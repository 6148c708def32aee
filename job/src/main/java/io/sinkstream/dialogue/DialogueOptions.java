package io.sinkstream.dialogue;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.ExperimentModels;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.rows.Prompt;
import io.sinkstream.rows.RowTask;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import java.util.List;

/**
 * Which model talks, and how.
 *
 * @param model it, under the experiment's rule
 * @param experiment what it sees of the conversation
 * @param prompt what a turn's text is put into
 * @param task how its answers are chosen
 * @param context how many tokens each of them is computed anew from; 0 where caches are kept
 * @param longest how many tokens a conversation has at most
 */
public record DialogueOptions(
        ModelSource model, Experiment experiment, Prompt prompt, RowTask.Continue task, int context, long longest) {

    /**
     * What these settings say.
     *
     * @param given the model that they name
     * @throws UserException if they contradict each other or the checkpoint
     */
    public static DialogueOptions from(SettingValues values, ModelSource given, Prompt prompt) {
        List<Experiment> experiments = values.require(ExperimentSettings.EXPERIMENT);
        if (experiments.size() != 1) {
            throw new UserException(ExperimentSettings.EXPERIMENT + ": there are " + experiments.size()
                    + "; one stream takes one of them");
        }
        Experiment experiment = experiments.get(0);
        boolean isDense = experiment == Experiment.TRANSFORMERS;
        int longest = isDense ? contextTokens(given.options()) : 0;
        return new DialogueOptions(
                ExperimentModels.of(experiment, given, longest - 1),
                experiment,
                prompt,
                RowTask.Continue.from(
                        values, GenerationConfig.of(given.options().model())),
                ExperimentModels.context(experiment, given),
                isDense ? longest : Long.MAX_VALUE);
    }

    private static int contextTokens(ModelOptions options) {
        int tokens = Checkpoint.open(options.model())
                .contextTokens()
                .orElseThrow(() -> new UserException(ExperimentSettings.EXPERIMENT + ": transformers ends where the"
                        + " model's context does, and the config.json of " + options.model()
                        + " does not say how long that is, by max_position_embeddings or a like name"));
        return Math.min(tokens, ExperimentModels.LONGEST);
    }

    /** The same with answers of exactly so many tokens, unless something else ends them. */
    DialogueOptions answering(RowTask.Continue other) {
        return new DialogueOptions(model, experiment, prompt, other, context, longest);
    }

    /**
     * Checks the model by its headers, and that there is room for a stream of it.
     *
     * @throws UserException if it can't be run, or has no tokenizer
     */
    public ModelDescription describe() {
        ModelDescription description = model.describe();
        if (!description.tokenizer()) {
            throw new UserException(Settings.MODEL + ": " + model.name()
                    + " has no tokenizer.json, so that no text can be read or written");
        }
        task.check(model.name(), description);
        StreamModel.requireRoom(model.options());
        return description;
    }

    /** How this model goes on with a stream. */
    Speaker speaker(StreamModel loaded) {
        return context > 0 ? new RecomputingSpeaker(loaded, context) : new CachedSpeaker(loaded);
    }
}
