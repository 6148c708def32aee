package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The rules find what is wrong in a house where everything is. */
final class HouseRulesTest {
    private static final String WRONG = "io.sinkstream.testing.wronghouse";
    private static final Map<String, Set<String>> SEES = Map.of("cache", Set.of(), "stream", Set.of("cache"));

    private final JavaClasses classes = new ClassFileImporter().importPackages(WRONG);

    @Test
    void anArrowPointsUp() {
        assertThat(violations(HouseRules.arrows(WRONG, SEES)))
                .contains("cache.Upward")
                .contains("stream.StreamManager");
    }

    @Test
    void anArrowPointsDown() {
        Map<String, Set<String>> turned = Map.of("stream", Set.of(), "cache", Set.of("stream"));

        assertThat(violations(HouseRules.arrows(WRONG, turned))).isEmpty();
    }

    @Test
    void packagesThatDoNotExistYet() {
        assertThat(violations(HouseRules.arrows("io.sinkstream.testing.nowhere", SEES)))
                .isEmpty();
    }

    @Test
    void aPackageWithoutAPlace() {
        assertThat(violations(HouseRules.known(WRONG, SEES.keySet()))).contains("attic.Unplaced");
    }

    @Test
    void manners() {
        assertThat(violations(HouseRules.manners(WRONG, Set.of())))
                .contains("java.util.logging.Logger")
                .contains("System.out")
                .contains("StreamManager> has name matching");
    }

    @Test
    void programsMayPrint() {
        assertThat(violations(HouseRules.manners(WRONG, Set.of("stream")))).doesNotContain("System.out");
    }

    private String violations(ArchRule rule) {
        return String.join("\n", rule.evaluate(classes).getFailureReport().getDetails());
    }
}
