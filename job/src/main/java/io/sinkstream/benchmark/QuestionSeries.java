package io.sinkstream.benchmark;

import io.sinkstream.checkpoint.TextTokenizer;
import java.io.Serializable;
import java.util.List;

/**
 * Questions of one stream, in the order in which they are asked.
 *
 * @param distance how many lines back the answers are; 0 where they are not in the text
 * @param tokensBack how many tokens are between an answer's line and the question for it, at the end of the stream; 0 as well
 */
record QuestionSeries(int distance, int tokensBack, List<Question> questions) implements Serializable {
    /** The series of a text that holds its answers. */
    static QuestionSeries streamEval(int distance, int count, long seed, TextTokenizer tokenizer) {
        List<Question> questions = StreamEvalText.questions(distance, count, seed);
        StringBuilder all = new StringBuilder();
        for (Question question : questions) {
            all.append(question.text()).append(question.answer());
        }
        Question last = questions.get(count - 1);
        int line = all.indexOf(last.subject() + " is" + last.answer());
        int end = all.length() - last.answer().length();
        int back = tokenizer.encode(all.substring(all.indexOf("\n", line) + 1, end)).length;
        return new QuestionSeries(distance, back, questions);
    }

    /** How many tokens each question has with its answer. */
    int[] lengths(TextTokenizer tokenizer) {
        return questions.stream()
                .mapToInt(question ->
                        ModelAnswerer.Tokens.of(question, tokenizer, true).count())
                .toArray();
    }
}
