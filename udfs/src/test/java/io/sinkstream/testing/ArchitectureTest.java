package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The model side's arrows. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    static final String ROOT = "io.sinkstream";

    /** {@code sql, djl -> rows -> stream -> family -> decoder -> cache}, {@code family -> checkpoint}; settings is seen by all. */
    static final Map<String, Set<String>> SEES = Map.of(
            "settings", Set.of(),
            "checkpoint", Set.of("settings"),
            "cache", Set.of("settings"),
            "decoder", Set.of("cache", "settings"),
            "family", Set.of("decoder", "cache", "checkpoint", "settings"),
            "stream", Set.of("family", "decoder", "cache", "checkpoint", "settings"),
            "chat", Set.of("checkpoint", "settings"),
            "rows", Set.of("chat", "stream", "checkpoint", "settings"),
            "djl", Set.of("rows", "chat", "stream", "family", "decoder", "cache", "checkpoint", "settings"),
            "sql", Set.of("rows", "chat", "stream", "family", "decoder", "cache", "checkpoint", "settings"));

    @ArchTest
    static final ArchRule ARROWS = HouseRules.arrows(ROOT, SEES);

    @ArchTest
    static final ArchRule KNOWN = HouseRules.known(ROOT, SEES.keySet());

    @ArchTest
    static final ArchRule NO_SPARK = HouseRules.noSpark(ROOT, allBut("sql"));

    @ArchTest
    static final ArchRule MANNERS = HouseRules.manners(ROOT, Set.of());

    private ArchitectureTest() {}

    @Test
    void nothingIsTooLongToRead() {
        Path sources = Path.of(System.getProperty("basedir", "."), "src/main/java");

        assertThat(HouseRules.tooLong(sources)).isEmpty();
    }

    private static Set<String> allBut(String name) {
        Set<String> names = new TreeSet<>(SEES.keySet());
        names.remove(name);
        return names;
    }
}
