package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The notebooks name classes and settings that there are. Nothing here can run Zeppelin. */
final class NotebookTest {
    private static final Path NOTEBOOKS = Path.of(System.getProperty("basedir", "."), "..", "notebooks");
    private static final Pattern IMPORT = Pattern.compile("import (io\\.sinkstream[\\w.]*)\\.(?:\\{([^}]*)\\}|(\\w+))");
    private static final Pattern SETTING = Pattern.compile("\\.set\\(\"([a-z-]+)\", ");

    @Test
    void notebooksAreOfZeppelinsFormat() throws IOException {
        for (Path notebook : notebooks()) {
            JsonNode note = new ObjectMapper().readTree(notebook.toFile());

            assertThat(note.path("id").asText()).isNotEmpty();
            assertThat(notebook.getFileName())
                    .hasToString(
                            note.path("name").asText() + "_" + note.path("id").asText() + ".zpln");
            assertThat(note.path("paragraphs"))
                    .isNotEmpty()
                    .allMatch(paragraph -> paragraph.path("text").asText().startsWith("%spark"));
        }
    }

    @Test
    void importedClassesExist() throws Exception {
        List<String> names = new ArrayList<>();
        for (String text : texts()) {
            Matcher imported = IMPORT.matcher(text);
            while (imported.find()) {
                String simple = imported.group(2) != null ? imported.group(2) : imported.group(3);
                for (String name : simple.split(",", -1)) {
                    names.add(imported.group(1) + "." + name.strip());
                }
            }
        }

        assertThat(names).isNotEmpty();
        for (String name : names) {
            Class.forName(name);
        }
    }

    @Test
    void settingsExist() throws IOException {
        List<String> known = Settings.all().stream().map(Setting::name).toList();
        List<String> named = new ArrayList<>();
        for (String text : texts()) {
            Matcher setting = SETTING.matcher(text);
            while (setting.find()) {
                named.add(setting.group(1));
            }
        }

        assertThat(named).isNotEmpty().isSubsetOf(known);
    }

    private static List<Path> notebooks() throws IOException {
        try (Stream<Path> files = Files.list(NOTEBOOKS)) {
            return files.filter(file -> file.toString().endsWith(".zpln")).toList();
        }
    }

    private static List<String> texts() throws IOException {
        List<String> texts = new ArrayList<>();
        for (Path notebook : notebooks()) {
            for (JsonNode paragraph :
                    new ObjectMapper().readTree(notebook.toFile()).path("paragraphs")) {
                texts.add(paragraph.path("text").asText());
            }
        }
        return texts;
    }
}
