package io.sinkstream.benchmark;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.SparkContext;

/**
 * Measures the perplexity of a text under several rules, prediction by prediction. An experiment is one block after another,
 * each a task, or such a row of blocks for each of its segments; they run at a time on as many executors as there are, and one
 * after another on one.
 */
public final class PerplexityExperiments {
    private final Form form;
    private final List<ExperimentCourse> courses;

    /**
     * What is asked for.
     *
     * @param model whose S and R are the experiments'
     * @param experiments in the order in which they run
     * @param label what the files of an only experiment are called; empty for its own name
     * @param output the folder of the results
     * @param start what is done with results that are there
     * @param isSingle whether each token is run, and timed, alone
     * @param isCarried whether the cache is carried from text to text
     * @param most how many tokens are predicted at most
     * @param parallel into how many segments each experiment is cut at most
     * @param recomputeEvery each so many-th token is predicted by recomputation
     */
    public record Form(
            ModelSource model,
            List<Experiment> experiments,
            String label,
            Path output,
            Start start,
            boolean isSingle,
            boolean isCarried,
            long most,
            int parallel,
            int recomputeEvery) {

        /** S + R. */
        public int cache() {
            return model.options().sinks() + model.options().window();
        }

        ExperimentFiles files(Experiment experiment) {
            return new ExperimentFiles(
                    output, label.isEmpty() ? PerplexityExperiments.name(experiment) : label, step(experiment));
        }

        /** Each so many-th token is predicted. */
        int step(Experiment experiment) {
            return experiment == Experiment.RECOMPUTATION ? recomputeEvery : 1;
        }

        /** What the experiments write. */
        public List<Path> written() {
            return experiments.stream()
                    .flatMap(experiment -> files(experiment).paths().stream())
                    .toList();
        }

        /** Refuses results that are there, unless they are to be replaced or gone on with. */
        public void refuseExisting() {
            if (start == Start.NEW) {
                experiments.forEach(experiment -> files(experiment).refuseExisting());
            }
        }
    }

    /** What is done with results that are there. */
    public enum Start {
        /** They are refused. */
        NEW,
        /** They are replaced. */
        OVERWRITE,
        /** They are gone on with. */
        RESUME
    }

    /** Is told how far an experiment is. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Called after each block, by several threads.
         *
         * @param done predictions that have their rows
         * @param nll the mean of these, nats
         * @param perSecond how many of the last block's a second made
         */
        void measured(Experiment experiment, int done, int all, double nll, double perSecond);
    }

    /**
     * The experiments on these texts, checked.
     *
     * @param texts their token ids
     * @throws UserException if there is nothing to predict, results are there, or the model can't be run under a rule
     */
    public PerplexityExperiments(Form form, List<int[]> texts) {
        this.form = form;
        Predictions predictions = Predictions.of(texts, form.isCarried(), form.most());
        if (predictions.count() == 0) {
            throw new UserException("nothing can be predicted: of " + texts.size()
                    + " texts none has two tokens, the first of which predicts the second");
        }
        this.courses = form.experiments().stream()
                .map(experiment -> new ExperimentCourse(experiment, form, predictions))
                .toList();
    }

    /** What users are told of experiments that run in fewer segments than were asked for. */
    public List<String> shortages() {
        return courses.stream().flatMap(course -> course.shortage().stream()).toList();
    }

    /** As it is given and its files are named. */
    public static String name(Experiment experiment) {
        return experiment.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Runs them, and writes rows as they are measured.
     *
     * @throws Exception what a task said, or what went wrong with a file
     */
    public List<PerplexityRow> run(SparkContext spark, Progress progress) throws Exception {
        begin();
        // The driver is one of them, and in local mode the only one.
        int executors = Math.max(1, spark.statusTracker().getExecutorInfos().length - 1);
        int parts = courses.stream().mapToInt(ExperimentCourse::segments).sum();
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(executors, parts));
        CompletionService<Void> ended = new ExecutorCompletionService<>(threads);
        List<Future<Void>> running = new ArrayList<>();
        try {
            for (ExperimentCourse course : courses) {
                for (int i = 0; i < course.segments(); i++) {
                    int segment = i;
                    running.add(ended.submit(() -> {
                        course.run(segment, spark, progress);
                        return null;
                    }));
                }
            }
            for (int i = 0; i < parts; i++) {
                var unused = ended.take().get();
            }
            return courses.stream().map(ExperimentCourse::found).toList();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            running.forEach(one -> one.cancel(true));
            threads.shutdown();
        }
    }

    private void begin() {
        try {
            for (ExperimentCourse course : courses) {
                course.begin();
            }
        } catch (IOException e) {
            throw new UserException(
                    ExperimentSettings.OUTPUT_DIR + ": " + form.output() + " can't be written: " + e, e);
        }
    }
}
