package io.sinkstream.benchmark;

import java.util.List;

/**
 * What became of a stream of questions.
 *
 * @param experiment its name, or that of the baseline
 * @param distance how many lines back the answers are; 0 where they are not in the text
 * @param tokensBack how many tokens back they are at the end of the stream; 0 where they are not in the text
 * @param answers all of them
 */
public record QuestionRow(String experiment, int distance, int tokensBack, List<Answer> answers) {
    /**
     * One question.
     *
     * @param subject what was asked for
     * @param expected the answer
     * @param given what was said, up to the first token that is wrong
     */
    public record Answer(String subject, String expected, String given) {
        /** Whether it was right to the letter. */
        public boolean isRight() {
            return expected.equals(given);
        }
    }

    /** How many answers are right. */
    public long right() {
        return answers.stream().filter(Answer::isRight).count();
    }

    /** Their share. */
    public double accuracy() {
        return (double) right() / answers.size();
    }
}
