package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** StreamEval's text, and what is found in it by whoever can read. */
class StreamEvalTextTest {
    /** Knows the last lines it has read, the one at hand among them, and finds in them what it is asked for. */
    private static final class Scripted implements Answerer {
        private static final Pattern ASKED = Pattern.compile("Query: (The REGISTER_CONTENT in line \\d+ is)$");

        private final int window;
        private final Deque<String> lines = new ArrayDeque<>(List.of(""));

        Scripted(int window) {
            this.window = window;
        }

        private void read(String text) {
            String[] parts = text.split("\n", -1);
            lines.addLast(lines.removeLast() + parts[0]);
            IntStream.range(1, parts.length).forEach(i -> lines.addLast(parts[i]));
            while (lines.size() > window) {
                lines.removeFirst();
            }
        }

        @Override
        public String answer(Question question) {
            read(question.text());
            Matcher asked = ASKED.matcher(lines.getLast());
            assertThat(asked.find()).isTrue();
            String found = lines.stream()
                    .filter(line -> line.startsWith(asked.group(1)))
                    .map(line -> line.substring(asked.group(1).length()))
                    .findFirst()
                    .orElse(" I have forgotten");
            read(question.answer());
            return found;
        }
    }

    private static List<Boolean> right(int distance, int window) {
        List<Question> questions = StreamEvalText.questions(distance, 50, 7);
        List<String> answers = QuestionTask.answers(new Scripted(window), questions);
        return IntStream.range(0, questions.size())
                .mapToObj(i -> answers.get(i).equals(questions.get(i).answer()))
                .toList();
    }

    /**
     * From the line to the question there are as many lines as the distance, a question for every ten, the line and the
     * question. Before the first questions there are fewer of them.
     */
    @ParameterizedTest
    @CsvSource({"20, 24, 50", "20, 23, 2", "20, 22, 1", "20, 21, 0", "80, 90, 50", "80, 81, 0", "5, 8, 50", "5, 6, 0"})
    void whoReadsItsWindowFindsWhatIsInItAndNothingBeyond(int distance, int window, int right) {
        assertThat(right(distance, window).stream().filter(found -> found)).hasSize(right);
    }

    @Test
    void theTextIsThePapers() {
        List<Question> questions = StreamEvalText.questions(20, 3, 1);
        List<String> lines = new ArrayList<>(questions.stream()
                .map(question -> question.text() + question.answer())
                .collect(Collectors.joining())
                .lines()
                .toList());

        assertThat(lines.remove(0)).isEqualTo("Below is a record of lines I want you to remember.");
        int at = 0;
        for (int line = 0; line <= 40; line++) {
            assertThat(lines.get(at++)).matches("The REGISTER_CONTENT in line " + line + " is <[1-9]\\d{0,4}>");
            if (line >= 20 && line % 10 == 0) {
                String asked = "The REGISTER_CONTENT in line " + (line - 20) + " is";
                String answer = lines.stream()
                        .filter(one -> one.startsWith(asked))
                        .findFirst()
                        .orElseThrow();
                assertThat(lines.get(at++)).isEqualTo("Query: " + answer);
            }
        }
        assertThat(lines).hasSize(at);
        assertThat(questions).extracting(Question::subject).containsExactly("line 0", "line 10", "line 20");
    }

    @Test
    void theSeedSaysTheNumbers() {
        assertThat(StreamEvalText.questions(20, 3, 1))
                .isEqualTo(StreamEvalText.questions(20, 3, 1))
                .isNotEqualTo(StreamEvalText.questions(20, 3, 2));
    }
}
