package io.sinkstream.benchmark;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/** The paper's questions to a model that reads without end: StreamEval and streamed ARC. Each stream of them is a task. */
public final class Questions {
    /** What ARC is compared with. */
    private static final String ONE_BY_ONE = "one_by_one";

    private final ModelSource model;
    private final List<QuestionTask> tasks;

    private Questions(ModelSource model) {
        this.model = model;
        this.tasks = new ArrayList<>();
    }

    /**
     * StreamEval, for each experiment at each distance.
     *
     * @param model whose S and R are the experiments'
     * @param distances how many lines back answers are
     * @param count how many questions a stream has
     * @param seed what the text's numbers are drawn by
     * @throws UserException if the model can't be run under an experiment's rule or reads no text
     */
    public static Questions streamEval(
            ModelSource model, List<Experiment> experiments, List<Integer> distances, int count, long seed) {
        Questions all = new Questions(model);
        try (TextTokenizer tokenizer = tokenizer(model)) {
            for (int distance : distances) {
                QuestionSeries series = QuestionSeries.streamEval(distance, count, seed, tokenizer);
                int longest = IntStream.of(series.lengths(tokenizer)).sum();
                experiments.forEach(experiment -> all.add(experiment, series, longest));
            }
        }
        return all;
    }

    /**
     * Questions of ARC as one stream for each experiment, and one by one.
     *
     * @param lines a JSON object each, see {@link ArcQuestions}
     * @param most how many questions at most
     * @throws UserException as {@link #streamEval}, and if a line is no question
     */
    public static Questions arc(ModelSource model, List<Experiment> experiments, String lines, int most) {
        Questions all = new Questions(model);
        QuestionSeries series = new QuestionSeries(0, 0, ArcQuestions.read(lines, most));
        try (TextTokenizer tokenizer = tokenizer(model)) {
            int[] lengths = series.lengths(tokenizer);
            all.addAlone(series, IntStream.of(lengths).max().orElseThrow());
            experiments.forEach(experiment ->
                    all.add(experiment, series, IntStream.of(lengths).sum()));
        }
        return all;
    }

    private static TextTokenizer tokenizer(ModelSource model) {
        return Checkpoint.open(model.options().model())
                .tokenizer()
                .orElseThrow(() -> new UserException(
                        Settings.MODEL + ": " + model.name() + " has no tokenizer.json to read a text with"));
    }

    private void add(Experiment experiment, QuestionSeries series, int longest) {
        ModelSource its = ExperimentModels.of(experiment, model, longest);
        add(experiment, its, ExperimentModels.context(experiment, model), series);
    }

    private void addAlone(QuestionSeries series, int longest) {
        add(null, ExperimentModels.of(Experiment.TRANSFORMERS, model, longest), 0, series);
    }

    private void add(Experiment experiment, ModelSource its, int context, QuestionSeries series) {
        var unused = its.describe();
        String name = name(experiment) + " " + series.distance() + " " + UUID.randomUUID();
        tasks.add(new QuestionTask(name, experiment, its.onExecutors(), context, series));
    }

    private static String name(Experiment experiment) {
        return experiment == null ? ONE_BY_ONE : PerplexityExperiments.name(experiment);
    }

    /** How many streams there are. */
    public int streams() {
        return tasks.size();
    }

    /** Asks all of them. */
    public List<QuestionRow> run(SparkContext spark) {
        spark.setJobDescription("questions");
        List<ArrayList<String>> said = JavaSparkContext.fromSparkContext(spark)
                .parallelize(tasks, tasks.size())
                .map(QuestionTask.TASK)
                .collect();
        return IntStream.range(0, tasks.size())
                .mapToObj(i -> row(tasks.get(i), said.get(i)))
                .toList();
    }

    private static QuestionRow row(QuestionTask task, List<String> said) {
        List<Question> questions = task.series().questions();
        return new QuestionRow(
                name(task.experiment()),
                task.series().distance(),
                task.series().tokensBack(),
                IntStream.range(0, said.size())
                        .mapToObj(i -> new QuestionRow.Answer(
                                questions.get(i).subject(),
                                questions.get(i).answer().strip(),
                                said.get(i).strip()))
                        .toList());
    }
}
