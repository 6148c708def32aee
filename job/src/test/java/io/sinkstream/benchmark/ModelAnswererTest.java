package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.cache.SinkDistance;
import io.sinkstream.harness.Streams;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a model that reads without end, against a plain decoder that takes one token after another. */
class ModelAnswererTest {
    private static final int SINKS = 3;
    private static final int WINDOW = 13;
    private static final int QUESTIONS = 25;

    @TempDir
    private Path folder;

    private static int best(double[] logits) {
        return IntStream.range(0, logits.length)
                .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                .orElseThrow();
    }

    /** A reader of single tokens, which says what comes next. */
    private interface Plain {
        int next(int token);
    }

    private static Plain stream(PlainDecoder.Stream stream) {
        return token -> best(stream.step(token));
    }

    private static Plain anew(Supplier<PlainDecoder.Stream> streams, int context) {
        List<Integer> all = new ArrayList<>();
        return token -> {
            all.add(token);
            PlainDecoder.Stream stream = streams.get();
            double[] logits = null;
            for (int i = Math.max(0, all.size() - context); i < all.size(); i++) {
                logits = stream.step(all.get(i));
            }
            return best(logits);
        };
    }

    /**
     * Asks for what the plain decoder says, as far as that is a letter of ASCII, and then for something else: so answers of
     * all lengths are right for a while.
     */
    private static void compare(Plain plain, Answerer answerer) {
        Random random = new Random(5);
        int said = plain.next(TinyTokenizer.BOS);
        int right = 0;
        for (int i = 0; i < QUESTIONS; i++) {
            String text = random.ints(1 + random.nextInt(20), 'a', 'z')
                    .mapToObj(Character::toString)
                    .reduce("", String::concat);
            for (int at = 0; at < text.length(); at++) {
                said = plain.next(TinyTokenizer.BYTES + text.charAt(at));
            }
            StringBuilder answer = new StringBuilder();
            while (answer.length() < 4 && said >= TinyTokenizer.BYTES + '!' && said < TinyTokenizer.BYTES + 127) {
                answer.append((char) (said - TinyTokenizer.BYTES));
                said = plain.next(said);
            }
            right += answer.length();
            if (random.nextBoolean() || answer.isEmpty()) {
                int first = said;
                String wrong = first == TinyTokenizer.BYTES + '?' ? "!!" : "?!";
                String given = answerer.answer(new Question(text, answer + wrong, "x"));
                assertThat(given).isNotEqualTo(answer + wrong);
                // Any other byte makes no text of those before it either.
                if (first >= TinyTokenizer.BYTES + '!' && first < TinyTokenizer.BYTES + 127) {
                    assertThat(given).isEqualTo(answer.toString() + (char) (first - TinyTokenizer.BYTES));
                }
                for (int at = 0; at < wrong.length(); at++) {
                    said = plain.next(TinyTokenizer.BYTES + wrong.charAt(at));
                }
            } else {
                assertThat(answerer.answer(new Question(text, answer.toString(), "x")))
                        .isEqualTo(answer.toString());
            }
        }
        // Else nothing was asked that has an answer.
        assertThat(right).isGreaterThan(5);
    }

    @Test
    void streamsAnswerAsOneTokenAfterAnotherWould() throws Exception {
        Path folder = Streams.model(this.folder.resolve("model"));
        PlainDecoder plain = PlainDecoder.load(folder);
        ModelOptions options = ModelOptions.of(folder).withAttention(SINKS, WINDOW);
        StreamName name = new StreamName("questions", "1");
        try (StreamModel model = StreamModel.open(options);
                ModelAnswerer answerer = new ModelAnswerer(model, name, 0)) {
            compare(stream(plain.stream(SINKS, WINDOW)), answerer);
            assertThat(model.usage().rebuiltTokens()).isZero();
        }
        try (StreamModel model = StreamModel.open(options.withSinkDistance(SinkDistance.GROWING));
                ModelAnswerer answerer = new ModelAnswerer(model, name, 0)) {
            compare(stream(plain.absoluteStream(SINKS, WINDOW)), answerer);
        }
        try (StreamModel model = StreamModel.open(options.withAttention(0, SINKS + WINDOW));
                ModelAnswerer answerer = new ModelAnswerer(model, name, SINKS + WINDOW + 1)) {
            compare(anew(() -> plain.stream(0, SINKS + WINDOW), SINKS + WINDOW + 1), answerer);
            assertThat(model.usage().caches().idleBytes()).isZero();
        }
    }
}
