package io.sinkstream.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What users read: the README, and the pages of docs. */
public final class Documents {
    private static final Path PROJECT =
            Path.of(System.getProperty("basedir", ".")).resolve("..").normalize();

    private Documents() {}

    /** The README, then the pages by name. */
    public static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>(List.of(PROJECT.resolve("README.md")));
        try (Stream<Path> pages = Files.list(PROJECT.resolve("docs"))) {
            pages.filter(page -> page.toString().endsWith(".md")).sorted().forEach(files::add);
        }
        return files;
    }

    /** All of them, one behind another. */
    public static String text() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path file : files()) {
            text.append(Files.readString(file)).append('\n');
        }
        return text.toString();
    }

    /** The snippets of a language, in their order. */
    public static List<String> snippets(String language) throws IOException {
        return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(text())
                .results()
                .map(snippet -> snippet.group(1))
                .toList();
    }
}
