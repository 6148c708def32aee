package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.sinkstream.testing.HouseRules;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** The Spark side's arrows. What it sees of the model side is free; that side cannot see it. */
@AnalyzeClasses(
        packages = ArchitectureTest.ROOT,
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.OfThisModule.class})
final class ArchitectureTest {
    static final String ROOT = "io.sinkstream";

    /**
     * {@code job -> dialogue -> console, tables, ml, benchmark, train -> streaming -> batch -> state, calibration}, and
     * {@code plugin} and {@code sql} beside them. The console also tells of a training.
     */
    static final Map<String, Set<String>> SEES = Map.ofEntries(
            Map.entry("state", Set.of()),
            Map.entry("calibration", Set.of()),
            Map.entry("batch", Set.of("state", "calibration")),
            Map.entry("streaming", Set.of("batch", "state", "calibration")),
            Map.entry("plugin", Set.of("batch", "streaming")),
            Map.entry("sql", Set.of("batch")),
            Map.entry("ml", Set.of("batch", "streaming", "state")),
            Map.entry("benchmark", Set.of("batch", "streaming")),
            Map.entry("train", Set.of("batch", "streaming")),
            Map.entry("tables", Set.of("batch", "streaming", "state")),
            Map.entry("console", Set.of("train", "batch", "streaming", "state")),
            Map.entry("dialogue", Set.of("console", "benchmark", "batch", "state")),
            Map.entry(
                    "job",
                    Set.of(
                            "dialogue",
                            "console",
                            "tables",
                            "ml",
                            "benchmark",
                            "train",
                            "batch",
                            "streaming",
                            "state",
                            "plugin",
                            "calibration")));

    @ArchTest
    static final ArchRule ARROWS = HouseRules.arrows(ROOT, SEES);

    @ArchTest
    static final ArchRule KNOWN = HouseRules.known(ROOT, SEES.keySet());

    @ArchTest
    static final ArchRule MANNERS = HouseRules.manners(ROOT, Set.of("job", "benchmark"));

    private ArchitectureTest() {}

    @Test
    void nothingIsTooLongToRead() {
        assertThat(HouseRules.tooLong(Path.of(System.getProperty("basedir", "."), "src/main/java")))
                .isEmpty();
    }

    /** Where Spark is on the class path, the model side's rule can be seen to bite. */
    @Test
    void sparkIsFound() {
        JavaClasses classes = new ClassFileImporter().importClasses(NamesSpark.class);

        ArchRule rule = HouseRules.noSpark(ROOT, Set.of("job"));

        assertThat(rule.evaluate(classes).getFailureReport().getDetails())
                .isNotEmpty()
                .allMatch(line -> line.contains("org.apache.spark.sql.Row"));
    }

    /** Names Spark on purpose. */
    record NamesSpark(Row row) {}

    /** Leaves the model side out, in a folder or a jar. */
    static final class OfThisModule implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return location.contains("/job/target/");
        }
    }
}
