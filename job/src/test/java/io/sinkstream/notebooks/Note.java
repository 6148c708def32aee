package io.sinkstream.notebooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A note of Zeppelin's, with what its paragraphs showed when it was saved.
 *
 * @param file where it is
 * @param json all of it
 */
record Note(Path file, ObjectNode json) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final Path MODULE = Path.of(System.getProperty("basedir", "."));

    /** All that the project has. */
    static List<Note> all() {
        try (Stream<Path> files = Files.list(MODULE.resolve("../notebooks"))) {
            List<Note> notes = new ArrayList<>();
            for (Path file : files.filter(name -> name.toString().endsWith(".zpln"))
                    .sorted()
                    .toList()) {
                notes.add(new Note(file, (ObjectNode) JSON.readTree(file.toFile())));
            }
            return notes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Paragraph> paragraphs() {
        List<Paragraph> paragraphs = new ArrayList<>();
        for (JsonNode paragraph : json.path("paragraphs")) {
            String text = paragraph.path("text").asText();
            String interpreter = text.lines().findFirst().orElse("").strip();
            List<Shown> shown = new ArrayList<>();
            for (JsonNode result : paragraph.path("results").path("msg")) {
                shown.add(new Shown(
                        result.path("type").asText(), result.path("data").asText()));
            }
            paragraphs.add(new Paragraph(
                    paragraph.path("title").asText(), interpreter, text.substring(interpreter.length()), shown));
        }
        return paragraphs;
    }

    /** Writes the note with what its paragraphs show now, as Zeppelin saves it, and returns the file. */
    Path save(List<List<Shown>> now) throws IOException {
        ObjectNode saved = json.deepCopy();
        for (int i = 0; i < now.size(); i++) {
            ObjectNode paragraph = (ObjectNode) saved.path("paragraphs").get(i);
            ObjectNode results = paragraph.putObject("results").put("code", "SUCCESS");
            ArrayNode messages = results.putArray("msg");
            now.get(i)
                    .forEach(shown ->
                            messages.addObject().put("type", shown.type()).put("data", shown.data()));
        }
        Path copy = Files.createDirectories(MODULE.resolve("target/notebooks")).resolve(file.getFileName());
        JSON.writeValue(copy.toFile(), saved);
        return copy;
    }

    @Override
    public String toString() {
        return file.getFileName().toString();
    }

    /**
     * A paragraph.
     *
     * @param interpreter such as {@code %spark.sql}
     * @param code what is below it
     * @param shown what it showed
     */
    record Paragraph(String title, String interpreter, String code, List<Shown> shown) {}

    /**
     * What a paragraph shows, in Zeppelin's display system.
     *
     * @param type TEXT, TABLE or HTML
     * @param data of a table lines of cells with tabs between, the columns' names first
     */
    record Shown(String type, String data) {
        /** What a program printed: it begins with the display's name, or is plain text. */
        static List<Shown> printed(String text) {
            if (text.isBlank()) {
                return List.of();
            }
            for (String type : List.of("TABLE", "HTML")) {
                String begin = "%" + type.toLowerCase(java.util.Locale.ROOT) + " ";
                if (text.startsWith(begin)) {
                    return List.of(new Shown(type, text.substring(begin.length())));
                }
            }
            return List.of(new Shown("TEXT", text));
        }
    }
}
