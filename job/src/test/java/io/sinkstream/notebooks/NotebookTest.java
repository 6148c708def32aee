package io.sinkstream.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The notes' paragraphs run, and show what is saved in them. NotebooksIT runs Python's; nothing can run Zeppelin. */
final class NotebookTest {
    static List<Note> notes() {
        return Note.all();
    }

    @ParameterizedTest
    @MethodSource("notes")
    void aNoteIsOfZeppelinsFormat(Note note) {
        String name = note.json().path("name").asText();

        assertThat(note).hasToString(name + "_" + note.json().path("id").asText() + ".zpln");
        assertThat(note.json().path("version").asText()).isEqualTo("0.12.1");
        assertThat(note.paragraphs())
                .hasSizeGreaterThan(3)
                .allMatch(paragraph -> paragraph.interpreter().startsWith("%spark"))
                .anyMatch(paragraph -> !paragraph.shown().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("notes")
    void aNotesParagraphsShowWhatIsSavedInIt(Note note) throws IOException {
        try (NoteRun run = new NoteRun(NoteRun.session(), null)) {
            run.check(note);
        }
    }
}
