package io.sinkstream.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each line of SECURITY.md names tests that there are. */
final class SecurityTest {
    private static final Path PROJECT = Path.of(System.getProperty("basedir", "."), "..");
    private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");

    private static Map<String, Path> testClasses() throws IOException {
        try (Stream<Path> udfs = Files.walk(PROJECT.resolve("udfs/src/test/java"));
                Stream<Path> job = Files.walk(PROJECT.resolve("job/src/test/java"))) {
            return Stream.concat(udfs, job)
                    .filter(file -> file.toString().matches(".*(Test|IT)\\.java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""),
                            Function.identity(),
                            (one, other) -> one));
        }
    }

    @Test
    void everyThreatHasATest() throws IOException {
        Map<String, Path> classes = testClasses();
        List<String> threats = Files.readAllLines(PROJECT.resolve("SECURITY.md")).stream()
                .filter(line -> line.startsWith("| "))
                .skip(1)
                .toList();

        assertThat(threats).hasSizeGreaterThan(10);
        for (String threat : threats) {
            List<MatchResult> tests = NAMED.matcher(threat).results().toList();
            assertThat(tests).as(threat).isNotEmpty();
            for (MatchResult test : tests) {
                assertThat(classes).as(threat).containsKey(test.group(1));
                assertThat(Files.readString(classes.get(test.group(1))))
                        .as(test.group())
                        .containsPattern("void " + test.group(2) + "\\(");
            }
        }
    }
}
