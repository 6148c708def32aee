package io.sinkstream.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Documents;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents' snippets of Scala run as they stand there, but for the table's place, and show what it says. */
class ReadmeScalaTest {
    /** A snippet, and the first table behind it. */
    private static final Pattern SNIPPET = Pattern.compile("```scala\n(.*?)```\n.*?```\n(\\+--.*?)```", Pattern.DOTALL);

    private static final Path PROJECT = Path.of(System.getProperty("basedir", "."));

    @TempDir
    private Path folder;

    @Test
    void ofAMeeting() throws IOException {
        Path transcripts = Shared.require("data").resolve("transcripts.jsonl");
        try (Stream<String> rows = Files.lines(transcripts)) {
            Files.write(
                    folder.resolve("rows.jsonl"),
                    rows.filter(row -> row.contains("\"meeting-00\"")).limit(8).toList());
        }
        score(
                "--model",
                Shared.require("models").resolve("stories260K").toString(),
                "--attention-sink-window-size=252");

        assertShows("meeting-00");
    }

    /** The rows that it shows are of two logs; another has ordinary ones. In 16 bits some of them change places. */
    @Test
    void ofOddLines() throws IOException {
        Path samples = PROJECT.resolve("src/samples/logs");
        Path rows = folder.resolve("rows.jsonl");
        Files.write(
                rows,
                Stream.of("spark-driver-s005", "sinkstream-stream-s001", "kafka-broker-k001")
                        .flatMap(name -> lines(samples.resolve(name + ".jsonl")))
                        .toList());
        score("--token-nll", "--dtype=float32");

        assertShows("approxQuantile");
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void score(String... more) {
        List<String> begin = List.of("score", "--input", folder + "/rows.jsonl", "--output", folder + "/scored");
        Command.run(Stream.of(begin.stream(), Stream.of("--key", "key", "--order", "seq"), Stream.of(more))
                        .flatMap(words -> words)
                        .toArray(String[]::new))
                .succeeded();
    }

    private void assertShows(String says) throws IOException {
        List<MatchResult> snippets = SNIPPET.matcher(Documents.text()).results().toList();
        assertThat(snippets).hasSize(Documents.snippets("scala").size()).hasSize(2);
        MatchResult snippet = snippets.stream()
                .filter(each -> each.group(1).contains(says))
                .findFirst()
                .orElseThrow();
        String code = snippet.group(1).replace("\"scored\"", "\"" + folder + "/scored\"");

        String shown;
        try (ScalaParagraphs scala = new ScalaParagraphs(Command.spark())) {
            shown = scala.run(code);
        }

        assertSameCells(cells(shown.substring(shown.indexOf("+--"))), cells(snippet.group(2)));
    }

    private static List<List<String>> cells(String table) {
        return table.lines()
                .filter(line -> !line.isBlank())
                .map(line -> Stream.of(line.split("\\|", -1)).map(String::strip).toList())
                .toList();
    }

    private static void assertSameCells(List<List<String>> found, List<List<String>> expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).hasSameSizeAs(expected.get(i));
            for (int j = 0; j < found.get(i).size(); j++) {
                String cell = expected.get(i).get(j);
                if (cell.matches("-?\\d+\\.\\d+")) {
                    // A digit or two of the last place: sums differ by the processor.
                    double last = Math.pow(10, cell.indexOf('.') + 1 - cell.length());
                    assertThat(Double.parseDouble(found.get(i).get(j)))
                            .isCloseTo(Double.parseDouble(cell), within(6 * last));
                } else {
                    assertThat(found.get(i).get(j)).isEqualTo(cell);
                }
            }
        }
    }
}
