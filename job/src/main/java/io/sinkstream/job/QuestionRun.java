package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.QuestionRow;
import io.sinkstream.benchmark.Questions;
import io.sinkstream.console.RunFailure;
import io.sinkstream.console.TextTable;
import io.sinkstream.dialogue.RowFile;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A run of questions, from its model to its table. */
final class QuestionRun {
    private static final String HEADER = "experiment,distance,subject,expected,given,right";

    private final ModelSource model;
    private final Path output;

    /** @param output takes each answer; null for nowhere */
    QuestionRun(ModelSource model, Path output) {
        this.model = model;
        this.output = output;
    }

    /** Asks, writes each answer, and returns what became of each stream. */
    List<QuestionRow> run(String name, Questions questions, PrintWriter err) {
        List<QuestionRow> rows;
        try (Session session = Session.open(name)) {
            model.requireDevice(session.spark().sparkContext());
            err.println("asking in " + questions.streams() + " streams");
            rows = questions.run(session.spark().sparkContext());
        } catch (UserException e) {
            throw e;
        } catch (Exception e) {
            throw RunFailure.of(e);
        }
        if (output != null) {
            write(rows);
        }
        return rows;
    }

    private void write(List<QuestionRow> rows) {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        for (QuestionRow row : rows) {
            for (QuestionRow.Answer answer : row.answers()) {
                lines.add(String.join(
                        ",",
                        row.experiment(),
                        "" + row.distance(),
                        RowFile.cell(answer.subject()),
                        RowFile.cell(answer.expected()),
                        RowFile.cell(answer.given()),
                        "" + answer.isRight()));
            }
        }
        try {
            Files.write(output, lines, UTF_8);
        } catch (IOException e) {
            throw new RunFailure(Settings.OUTPUT + ": " + output + " can't be written: " + e.getMessage(), e);
        }
    }

    /** The share of right answers, as it is told. */
    static List<String> accuracy(QuestionRow row) {
        return List.of(
                TextTable.count(row.answers().size()),
                TextTable.count(row.right()),
                String.format(Locale.ROOT, "%.1f%%", 100 * row.accuracy()));
    }
}
