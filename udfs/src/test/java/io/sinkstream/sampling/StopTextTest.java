package io.sinkstream.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.checkpoint.ModelLocation;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stop texts in a text that comes byte by byte. */
class StopTextTest {
    @TempDir
    private Path folder;

    private TextTokenizer tokenizer;

    @BeforeEach
    void open() {
        Path model = TinyModels.of(TinyModels.Shape.llama())
                .tokenizer(TinyModels.Prefix.NONE)
                .write(folder);
        tokenizer = TextTokenizer.open(model.resolve("tokenizer.json"));
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    /** What came of a text: its pieces, and how many tokens were taken. */
    private record Outcome(List<String> pieces, int taken, String text) {}

    private Outcome run(List<String> stops, String before, int goesOn, String written) {
        int[] tokens = tokenizer.encode(written);
        StopText text = new StopText(stops, tokenizer, tokenizer.encode(before), goesOn);
        List<String> pieces = new ArrayList<>();
        int taken = 0;
        while (taken < tokens.length && !text.isStopped()) {
            pieces.add(text.add(tokens[taken++]));
        }
        pieces.add(text.end());
        return new Outcome(pieces, taken, text.text());
    }

    @Test
    void itEndsBeforeTheStop() {
        Outcome outcome = run(List.of("USER:", "\n\n"), "x", 0, "Yes.\nUS is\nUSER: no");

        assertThat(outcome.text()).isEqualTo("Yes.\nUS is\n");
        assertThat(outcome.taken()).isEqualTo("Yes.\nUS is\nUSER:".length());
        assertThat(String.join("", outcome.pieces())).isEqualTo(outcome.text());
    }

    /** Of a tokenizer that tells its text as it comes. */
    @Test
    void onlyWhatMayBeItsBeginningIsHeldBack() {
        tokenizer.close();
        tokenizer = TextTokenizer.open(ModelLocation.resolve("builtin", Map.of("HOME", folder.toString()))
                .resolve("tokenizer.json"));
        String written = "INFO US: a\nUSE it\nUSER: no";
        int[] tokens = tokenizer.encode(written);
        StopText text = new StopText(List.of("USER:"), tokenizer, new int[0], 0);
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < tokens.length && !text.isStopped(); i++) {
            shown.append(text.add(tokens[i]));
            String whole = tokenizer.decode(Arrays.copyOf(tokens, i + 1));
            assertThat(whole).startsWith(shown);
            assertThat(text.isStopped() || "USER:".startsWith(whole.substring(shown.length())))
                    .as("%s of %s", shown, whole)
                    .isTrue();
        }
        assertThat(text.isStopped()).isTrue();
        assertThat(shown + text.end()).isEqualTo("INFO US: a\nUSE it\n");
    }

    @Test
    void aStopThatNeverComesHoldsNothingBackInTheEnd() {
        Outcome outcome = run(List.of("####"), "x", 0, "a ### b ###");

        assertThat(outcome.text()).isEqualTo("a ### b ###");
        assertThat(String.join("", outcome.pieces())).isEqualTo("a ### b ###");
    }

    @Test
    void itMayHaveBegunInTheContinuationBefore() {
        assertThat(run(List.of("STOP", "T"), "and ST", 6, "OP it")).isEqualTo(new Outcome(List.of("", "", ""), 2, ""));
        assertThat(run(List.of("STOP"), "and ST", 0, "OP it").text()).isEqualTo("OP it");
    }

    @Test
    void anyTextEndsBeforeItsFirstStop() {
        Random random = new Random(1);
        for (int round = 0; round < 500; round++) {
            String written = random.ints(40, 0, 3)
                    .mapToObj(i -> List.of("a", "b", "\u00E9").get(i))
                    .collect(Collectors.joining());
            List<String> stops =
                    List.of("aab\u00E9a", "bbbb", "\u00E9a\u00E9\u00E9b").subList(0, 1 + round % 3);
            // The one that is complete first, which is the one that a reader meets.
            int end = 0;
            String start = "";
            while (end <= written.length()) {
                String some = written.substring(0, end);
                start = some;
                var found = stops.stream().filter(some::endsWith).mapToInt(stop -> some.length() - stop.length());
                var first = found.min();
                if (first.isPresent()) {
                    start = some.substring(0, first.getAsInt());
                    break;
                }
                end++;
            }
            Outcome outcome = run(stops, "x", 0, written);
            assertThat(outcome.text()).as(written).isEqualTo(start);
            assertThat(String.join("", outcome.pieces())).as(written).isEqualTo(start);
        }
    }
}
