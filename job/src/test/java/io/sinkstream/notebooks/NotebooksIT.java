package io.sinkstream.notebooks;

import io.sinkstream.harness.PySpark;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The notes that have Python in them, all paragraphs in their order. */
@Tag("integration")
final class NotebooksIT {
    static List<Note> notes() {
        return Note.all().stream()
                .filter(note -> note.paragraphs().stream()
                        .anyMatch(paragraph -> paragraph.interpreter().equals("%spark.pyspark")))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("notes")
    void allParagraphsShowWhatIsSaved(Note note) throws IOException, InterruptedException {
        PySpark installed = PySpark.require();
        SparkSession spark = NoteRun.session();
        try (PythonParagraphs python = new PythonParagraphs(installed, spark);
                NoteRun run = new NoteRun(spark, python)) {
            run.check(note);
        }
    }
}
