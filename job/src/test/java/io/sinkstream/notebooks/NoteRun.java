package io.sinkstream.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.notebooks.Note.Paragraph;
import io.sinkstream.notebooks.Note.Shown;
import io.sinkstream.sql.SinkstreamExtensions;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A note's paragraphs in their order, in a session of its own that all of them share. */
final class NoteRun implements AutoCloseable {
    private static final Path PROJECT = Path.of(System.getProperty("basedir", "."))
            .resolve("..")
            .toAbsolutePath()
            .normalize();
    private static final Pattern NUMBER = Pattern.compile("-?\\d[\\d,]*(?:\\.\\d+)?");

    /** How many lines of what is shown are compared: of a table its columns' names and the first rows. */
    private static final int FIRST = 6;

    /** Of two runs the last digits differ; ranks, too, where two tokens are as likely. */
    private static final double CLOSE = 0.02;

    private final SparkSession spark;
    private final ScalaParagraphs scala;
    private final PythonParagraphs python;

    /** @param python null to leave Python's paragraphs out */
    NoteRun(SparkSession spark, PythonParagraphs python) {
        this.spark = spark;
        this.python = python;
        scala = new ScalaParagraphs(spark);
    }

    /** A session as {@code spark.sql.extensions} of the notes makes it, on the context that all tests share. */
    static SparkSession session() {
        SparkSession shared = TestSession.get();
        try {
            return SparkSession.builder()
                    .withExtensions(new SinkstreamExtensions())
                    .config("spark.sql.shuffle.partitions", "2")
                    .create();
        } finally {
            SparkSession.setDefaultSession(shared);
            SparkSession.setActiveSession(shared);
        }
    }

    /** Runs all, and compares what they show with what is saved in the note. */
    void check(Note note) throws IOException {
        List<List<Shown>> now = new ArrayList<>();
        List<Paragraph> paragraphs = note.paragraphs();
        for (Paragraph paragraph : paragraphs) {
            try {
                now.add(run(paragraph));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(note + ", " + paragraph.title() + ": " + e.getMessage(), e);
            }
        }
        Path saved = note.save(now);
        for (int i = 0; i < paragraphs.size(); i++) {
            Paragraph paragraph = paragraphs.get(i);
            if (!isLeftOut(paragraph)) {
                assertThat(first(now.get(i)))
                        .as("%s, %s; if that is meant, take %s", note, paragraph.title(), saved)
                        .usingElementComparator(NoteRun::compared)
                        .containsExactlyElementsOf(first(paragraph.shown()));
            }
        }
    }

    private boolean isLeftOut(Paragraph paragraph) {
        return paragraph.interpreter().equals("%spark.pyspark") && python == null;
    }

    private List<Shown> run(Paragraph paragraph) throws IOException {
        if (isLeftOut(paragraph)) {
            return paragraph.shown();
        }
        String code = paragraph.code();
        return switch (paragraph.interpreter()) {
            case "%spark.conf" -> configured(code);
            // As a reader sets it who has the clone elsewhere.
            case "%spark" ->
                Shown.printed(scala.run(code.replaceFirst("val home = \".*\"", "val home = \"" + PROJECT + "\"")));
            case "%spark.pyspark" -> Shown.printed(python.run(code));
            case "%spark.sql" -> List.of(table(spark.sql(code)));
            default -> throw new AssertionError("there is no interpreter " + paragraph.interpreter());
        };
    }

    /** What the session has to have. */
    private static List<Shown> configured(String code) {
        Map<String, String> settings = new LinkedHashMap<>();
        code.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.split(" ", 2))
                .forEach(setting -> settings.put(setting[0], setting[1].replace("/path/to/sinkstream", "")));
        assertThat(settings)
                .containsEntry("spark.jars", "/job/target/sinkstream.jar")
                .containsEntry("spark.sql.extensions", SinkstreamExtensions.class.getName());
        settings.keySet().removeAll(List.of("spark.jars", "spark.sql.extensions", "zeppelin.spark.printREPLOutput"));
        assertThat(settings).isIn(Map.of(), Map.of("spark.submit.pyFiles", "/job/target/sinkstream-python.zip"));
        return List.of();
    }

    /** A query's rows as Zeppelin shows them. */
    private static Shown table(Dataset<Row> query) {
        StringBuilder data = new StringBuilder(String.join("\t", query.columns())).append('\n');
        for (Row row : query.collectAsList()) {
            data.append(IntStream.range(0, row.length())
                            .mapToObj(i -> String.valueOf(row.get(i)).replaceAll("[\t\n]", " "))
                            .collect(Collectors.joining("\t")))
                    .append('\n');
        }
        return new Shown("TABLE", data.toString());
    }

    private static List<String> first(List<Shown> shown) {
        List<String> lines = new ArrayList<>();
        for (Shown each : shown) {
            lines.add(each.type());
            each.data().lines().limit(FIRST).forEach(lines::add);
        }
        return lines;
    }

    /** Zero for lines of the same words and numbers that are close. */
    private static int compared(String now, String saved) {
        if (!NUMBER.matcher(now).replaceAll("#").equals(NUMBER.matcher(saved).replaceAll("#"))) {
            return now.compareTo(saved);
        }
        Matcher mine = NUMBER.matcher(now);
        Matcher others = NUMBER.matcher(saved);
        while (mine.find() && others.find()) {
            double a = number(mine.group());
            double b = number(others.group());
            int decimals = others.group().length() - 1 - others.group().indexOf('.');
            double rounding = others.group().contains(".") ? 1.5 * Math.pow(10, -decimals) : 0;
            if (Math.abs(a - b) > rounding + CLOSE * Math.abs(b)) {
                return now.compareTo(saved);
            }
        }
        return 0;
    }

    private static double number(String text) {
        return Double.parseDouble(text.replace(",", ""));
    }

    @Override
    public void close() {
        scala.close();
    }
}
