package io.sinkstream.benchmark;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.cache.SinkDistance;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;

/** The model of each experiment: the same weights under another rule. */
public final class ExperimentModels {
    /** The longest window that a model takes, tokens. */
    public static final int LONGEST = 1 << 20;

    private ExperimentModels() {}

    /**
     * The model of an experiment.
     *
     * @param model the given one, whose S and R are the experiments'
     * @param longest how many tokens a stream has at most
     */
    public static ModelSource of(Experiment experiment, ModelSource model, int longest) {
        ModelOptions options = model.options();
        int cache = Math.addExact(options.sinks(), options.window());
        ModelOptions mine =
                switch (experiment) {
                    case ATTENTION_SINKS -> options;
                    case TRANSFORMERS -> options.withAttention(0, dense(longest));
                    case WINDOWED, RECOMPUTATION -> options.withAttention(0, cache);
                    case ABSOLUTE -> options.withSinkDistance(SinkDistance.GROWING);
                };
        return new ModelSource(model.name(), mine);
    }

    /** A window that never fills. */
    private static int dense(int longest) {
        if (longest > LONGEST) {
            throw new UserException(ExperimentSettings.EXPERIMENT + ": transformers keeps all of a text's " + longest
                    + " tokens; at most " + LONGEST + " can be kept: give " + ExperimentSettings.NUM_TOKENS);
        }
        return Math.max(1, longest);
    }

    /** How many tokens each prediction is computed anew from; 0 where the caches are kept. */
    public static int context(Experiment experiment, ModelSource model) {
        ModelOptions options = model.options();
        return experiment == Experiment.RECOMPUTATION ? options.sinks() + options.window() + 1 : 0;
    }
}
