package io.sinkstream.benchmark;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Multiple-choice questions in the layout of the AI2 Reasoning Challenge (Clark et al., arXiv 1803.05457): a JSON object a line,
 * <pre>{"id": "x", "question": {"stem": "...", "choices": [{"text": "...", "label": "A"}, ...]}, "answerKey": "A"}</pre>
 */
public final class ArcQuestions {
    private ArcQuestions() {}

    /**
     * The questions of some lines, each to be answered by the label of a choice.
     *
     * @param most how many at most
     * @throws UserException if a line is none, or there is none
     */
    static List<Question> read(String lines, int most) {
        List<Question> questions = new ArrayList<>();
        int number = 0;
        for (String line : lines.split("\\R", -1)) {
            number++;
            if (!line.isBlank() && questions.size() < most) {
                questions.add(question(line, number, questions.isEmpty() ? "" : "\n\n"));
            }
        }
        if (questions.isEmpty()) {
            throw new UserException(Settings.INPUT + ": there are no questions");
        }
        return questions;
    }

    private static Question question(String line, int number, String before) {
        try {
            JsonObject all = JsonParser.parseString(line).getAsJsonObject();
            JsonObject question = all.getAsJsonObject("question");
            StringBuilder text = new StringBuilder(before)
                    .append("Question: ")
                    .append(text(question, "stem"))
                    .append('\n');
            Set<String> labels = new HashSet<>();
            JsonArray choices = question.getAsJsonArray("choices");
            for (JsonElement one : choices) {
                String label = text(one.getAsJsonObject(), "label");
                labels.add(label);
                text.append(label)
                        .append(". ")
                        .append(text(one.getAsJsonObject(), "text"))
                        .append('\n');
            }
            String answer = text(all, "answerKey");
            if (!labels.contains(answer)) {
                throw new IllegalStateException("answerKey " + answer + " is none of the labels " + labels);
            }
            String id = all.has("id") ? text(all, "id") : "line " + number;
            return new Question(text.append("Answer:").toString(), " " + answer, id);
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | UnsupportedOperationException e) {
            throw new UserException(
                    Settings.INPUT + ": line " + number + " is no question of ARC, an object of question (stem and"
                            + " choices, each with text and label) and answerKey: " + e.getMessage(),
                    e);
        }
    }

    private static String text(JsonObject object, String field) {
        if (!object.has(field)) {
            throw new IllegalStateException(field + " is missing");
        }
        return object.get(field).getAsString();
    }
}
