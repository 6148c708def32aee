package io.sinkstream.benchmark;

import io.sinkstream.batch.ExecutorModel;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.settings.Experiment;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.Function;

/**
 * A stream of questions that one task asks a model.
 *
 * @param name of the run and the stream, which its cache is kept under
 * @param experiment what the model sees; null for one question at a time
 * @param model the experiment's model, with its S and R
 * @param context how many tokens each answer is computed anew from; 0 where a cache is kept
 * @param series what it is asked
 */
record QuestionTask(String name, Experiment experiment, ModelSource model, int context, QuestionSeries series)
        implements Serializable {

    /** The task: what was said to each question. */
    static final Function<QuestionTask, ArrayList<String>> TASK = task -> {
        StreamModel model = ExecutorModel.of(task.model());
        StreamName name = new StreamName(task.name(), "");
        return task.experiment() == null ? alone(task, model, name) : streamed(task, model, name);
    };

    private static ArrayList<String> streamed(QuestionTask task, StreamModel model, StreamName name) {
        try (ModelAnswerer answerer = new ModelAnswerer(model, name, task.context())) {
            return answers(answerer, task.series().questions());
        }
    }

    private static ArrayList<String> alone(QuestionTask task, StreamModel model, StreamName name) {
        ArrayList<String> answers = new ArrayList<>();
        for (Question question : task.series().questions()) {
            Question stripped = new Question(question.text().strip(), question.answer(), question.subject());
            try (ModelAnswerer answerer = new ModelAnswerer(model, name, 0)) {
                answers.addAll(answers(answerer, List.of(stripped)));
            }
        }
        return answers;
    }

    /** What is said to each question, one after the other. */
    static ArrayList<String> answers(Answerer answerer, List<Question> questions) {
        ArrayList<String> answers = new ArrayList<>();
        questions.forEach(question -> answers.add(answerer.answer(question)));
        return answers;
    }
}
