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

    /** {@code job -> ml, benchmark, train, plugin -> streaming -> batch}. */
    static final Map<String, Set<String>> SEES = Map.of(
            "batch", Set.of(),
            "streaming", Set.of("batch"),
            "plugin", Set.of("batch", "streaming"),
            "ml", Set.of("batch", "streaming"),
            "benchmark", Set.of("batch", "streaming"),
            "train", Set.of("batch", "streaming"),
            "job", Set.of("ml", "benchmark", "train", "batch", "streaming", "plugin"));

    @ArchTest
    static final ArchRule ARROWS = HouseRules.arrows(ROOT, SEES);

    @ArchTest
    static final ArchRule KNOWN = HouseRules.known(ROOT, SEES.keySet());

    @ArchTest
    static final ArchRule MANNERS = HouseRules.manners(ROOT, Set.of("job", "benchmark"));

    private ArchitectureTest() {}

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
