package io.sinkstream.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The text of StreamEval, as the paper's appendix has it (Xiao et al., arXiv 2309.17453, figure 8): numbered lines, each with a
 * number of its own, and after every ten of them a question for the number of a line that is a fixed distance back.
 */
final class StreamEvalText {
    /** So many lines stand between two questions. */
    static final int EVERY = 10;

    private static final String BEGIN = "Below is a record of lines I want you to remember.\n";

    /** Numbers are below. */
    private static final int NUMBERS = 50_000;

    private StreamEvalText() {}

    /**
     * A text's questions, one after another.
     *
     * @param distance how many lines back the line is that is asked for
     * @param seed what numbers are drawn by
     */
    static List<Question> questions(int distance, int count, long seed) {
        Random random = new Random(seed);
        List<Integer> numbers = new ArrayList<>();
        List<Question> questions = new ArrayList<>();
        StringBuilder text = new StringBuilder(BEGIN);
        for (int asked = 0; asked < count; asked++) {
            int line = EVERY * asked;
            while (numbers.size() <= line + distance) {
                int number = 1 + random.nextInt(NUMBERS - 1);
                text.append(register(numbers.size()))
                        .append(" <")
                        .append(number)
                        .append(">\n");
                numbers.add(number);
            }
            text.append("Query: ").append(register(line));
            questions.add(new Question(text.toString(), " <" + numbers.get(line) + ">", "line " + line));
            text = new StringBuilder("\n");
        }
        return questions;
    }

    private static String register(int line) {
        return "The REGISTER_CONTENT in line " + line + " is";
    }
}
