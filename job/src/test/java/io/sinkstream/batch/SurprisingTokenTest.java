package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a tokenizer whose tokens are bytes. */
final class SurprisingTokenTest {
    @TempDir
    private static Path folder;

    private static TextTokenizer tokenizer;

    @BeforeAll
    static void open() throws IOException {
        tokenizer = TextTokenizer.open(Streams.model(folder.resolve("model")).resolve("tokenizer.json"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    /** So many tokens, of which one is surprising; the first was not predicted. */
    private static double[] nll(int count, int surprising) {
        double[] nll = new double[count];
        Arrays.fill(nll, 1);
        nll[0] = Double.NaN;
        nll[surprising] = 9;
        return nll;
    }

    private static String marked(String text, double[] nll, String previous) {
        return new SurprisingToken(tokenizer, "\n").marked(text, nll, previous);
    }

    @Test
    void itStandsInTheTextWithWordsBeforeIt() {
        assertThat(marked("task 3 failed", nll(14, 7), null)).isEqualTo("task 3 >>f<<ailed");
        // One in front of a stream's first row, which the text does not have.
        assertThat(marked("task 3 failed", nll(15, 8), null)).isEqualTo("task 3 >>f<<ailed");
        // The line ends, where it should go on.
        assertThat(marked("task 3 failed", nll(14, 13), null)).isEqualTo("task 3 failed>>\\n<<");
        // It begins as it should not.
        assertThat(marked("failed", new double[] {9, 1, 1, 1, 1, 1, 1}, "task 3"))
                .isEqualTo("task 3\n>>f<<ailed");
        assertThat(marked("failed", new double[] {9, 1, 1, 1, 1, 1, 1}, null)).isEqualTo(">>f<<ailed");
    }

    @Test
    void ofALongTextAPieceIsShown() {
        String text = "one two three four five six seven eight nine ten".repeat(3);

        String shown = marked(text, nll(text.length() + 1, 60), null);

        assertThat(shown.replace(">>", "").replace("<<", ""))
                .isSubstringOf(text)
                .hasSize(60);
        assertThat(shown.substring(0, shown.indexOf(">>")))
                .hasSizeBetween(20, 30)
                .startsWith("eight nine ten");
        assertThat(shown).contains(">>" + text.charAt(60) + "<<");
    }

    @Test
    void partOfACharacterIsNotShown() {
        assertThat(marked("aé", nll(4, 1), null)).isEqualTo("aé");
        assertThat(marked("aé", nll(4, 3), null)).isEqualTo("aé>>\\n<<");
        // The token in front, which is no text.
        assertThat(marked("ab", new double[] {9, 1, 1, 1}, null)).isEqualTo("ab");
    }
}
