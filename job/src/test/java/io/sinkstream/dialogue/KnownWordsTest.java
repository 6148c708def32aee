package io.sinkstream.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownWordsTest {
    @TempDir
    private Path folder;

    @Test
    void wordsAreLettersWhateverTheirCaseAndWhatStandsBetween() {
        KnownWords known = KnownWords.of(List.of("Don't go to the SEA, É!"));

        KnownWords.Count count = known.count("don\u2019t: sea-sea 12 zzgl the\u00e9 (\u00e9)");

        assertThat(count.all()).isEqualTo(6);
        assertThat(count.known()).isEqualTo(4);
        assertThat(count.share()).isEqualTo(4 / 6.0);
        assertThat(known.count("12 + 3").share()).isNaN();
    }

    @Test
    void aListIsAnyTextFile() throws IOException {
        Path book = Files.writeString(folder.resolve("book.txt"), "Call me\nIshmael.");
        assertThat(KnownWords.read(book).count("call call her").known()).isEqualTo(2);
        Path none = Files.writeString(folder.resolve("none.txt"), "1, 2");
        assertThatThrownBy(() -> KnownWords.read(none))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--word-list: " + none + " has no word");
        assertThatThrownBy(() -> KnownWords.read(folder))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--word-list: " + folder + " can't be read");
    }
}
