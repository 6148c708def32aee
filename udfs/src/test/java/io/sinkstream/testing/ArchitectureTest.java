package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The model side's arrows. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    static final String ROOT = "io.sinkstream";

    /**
     * {@code djl -> rows -> stream -> family, sampling -> decoder -> cache}, {@code rows -> chat}, {@code family, sampling,
     * chat -> checkpoint -> hub}; settings is seen by all.
     */
    static final Map<String, Set<String>> SEES = Map.ofEntries(
            entry("settings"),
            entry("hub", "settings"),
            entry("checkpoint", "hub", "settings"),
            entry("cache", "settings"),
            entry("decoder", "cache", "settings"),
            entry("family", "decoder", "cache", "checkpoint", "settings"),
            entry("sampling", "decoder", "checkpoint", "settings"),
            entry("stream", "family", "sampling", "decoder", "cache", "checkpoint", "settings"),
            entry("chat", "checkpoint", "settings"),
            entry("rows", "chat", "stream", "sampling", "checkpoint", "settings"),
            entry("djl", "rows", "chat", "stream", "sampling", "family", "decoder", "cache", "checkpoint", "settings"));

    private static Map.Entry<String, Set<String>> entry(String room, String... seen) {
        return Map.entry(room, Set.of(seen));
    }

    @ArchTest
    static final ArchRule ARROWS = HouseRules.arrows(ROOT, SEES);

    @ArchTest
    static final ArchRule KNOWN = HouseRules.known(ROOT, SEES.keySet());

    @ArchTest
    static final ArchRule NO_SPARK = HouseRules.noSpark(ROOT, SEES.keySet());

    @ArchTest
    static final ArchRule MANNERS = HouseRules.manners(ROOT, Set.of());

    private ArchitectureTest() {}

    @Test
    void nothingIsTooLongToRead() {
        Path sources = Path.of(System.getProperty("basedir", "."), "src/main/java");

        assertThat(HouseRules.tooLong(sources)).isEmpty();
    }
}
