package io.sinkstream.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The documents' table of settings says what the catalogue says. */
final class ReadmeTest {
    private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
    private static final String BEGIN = "<!-- settings -->";
    private static final String END = "<!-- end of settings -->";

    @Test
    void theTableIsTheCatalogue() throws IOException {
        List<String> expected = new ArrayList<>(List.of("| option | default | what it does |", "|---|---|---|"));
        Settings.all().forEach(setting -> expected.add(line(setting)));
        Path now =
                Files.write(Files.createDirectories(MODULE.resolve("target")).resolve("settings-table.md"), expected);

        List<String> page = Files.readAllLines(MODULE.resolve("../docs/settings.md"));
        assertThat(page).contains(BEGIN, END);
        assertThat(page.subList(page.indexOf(BEGIN) + 1, page.indexOf(END)))
                .as("docs/settings.md's table; the right one is in %s, put it there", now)
                .isEqualTo(expected);
    }

    private static String line(Setting<?> setting) {
        String usage =
                switch (setting.shape()) {
                    case SWITCH -> setting.option();
                    case LIST -> setting.option() + " " + setting.placeholder() + "...";
                    case VALUE, MAP -> setting.option() + " " + setting.placeholder();
                };
        String fallback = setting.fallback()
                .filter(text -> !text.isEmpty())
                .map(ReadmeTest::code)
                .orElse("");
        return "| " + code(usage) + " | " + fallback + " | " + cell(setting.doc()) + " |";
    }

    private static String code(String text) {
        return "`" + cell(text) + "`";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
