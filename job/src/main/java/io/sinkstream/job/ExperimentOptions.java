package io.sinkstream.job;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.PerplexityExperiments.Start;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.List;

/** What commands that run experiments ask for. */
final class ExperimentOptions {
    private ExperimentOptions() {}

    /** Which experiments. */
    static List<Experiment> experiments(SettingValues values) {
        List<Experiment> experiments = values.require(ExperimentSettings.EXPERIMENT);
        if (experiments.stream().distinct().count() < experiments.size()) {
            throw new UserException(ExperimentSettings.EXPERIMENT + ": one is named twice");
        }
        return experiments;
    }

    /** The model, with S and R as either way to count says. */
    static ModelSource model(SettingValues values) {
        ModelSource model = ModelSource.from(values);
        if (values.find(ExperimentSettings.WINDOW_SIZE).isEmpty()) {
            return model;
        }
        if (values.isGiven(Settings.WINDOW)) {
            throw new UserException(ExperimentSettings.WINDOW_SIZE + " and " + Settings.WINDOW
                    + " both say how long the window is; leave one of the two out");
        }
        int sinks = model.options().sinks();
        int size = values.require(ExperimentSettings.WINDOW_SIZE);
        if (size <= sinks) {
            throw new UserException(ExperimentSettings.WINDOW_SIZE + ": " + size + " leaves no window beside the "
                    + sinks + " of " + Settings.SINKS + "; allowed is more than that");
        }
        return new ModelSource(model.name(), model.options().withAttention(sinks, size - sinks));
    }

    /** What is to become of results that are there. */
    static Start start(SettingValues values) {
        boolean isNew = !values.require(Settings.OVERWRITE);
        boolean goesOn = values.require(ExperimentSettings.RESUME);
        if (goesOn && !isNew) {
            throw new UserException(ExperimentSettings.RESUME + " goes on with the rows that are there, and "
                    + Settings.OVERWRITE + " replaces them; leave one of the two out");
        }
        return goesOn ? Start.RESUME : isNew ? Start.NEW : Start.OVERWRITE;
    }
}
