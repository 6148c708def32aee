package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void aClassIsTooLong(@TempDir Path house) throws IOException {
        Files.writeString(house.resolve("Fits.java"), "class Fits {\n" + "\n".repeat(348) + "}\n");
        Files.writeString(house.resolve("Long.java"), "class Long {\n" + "\n".repeat(349) + "}\n");

        assertThat(HouseRules.tooLong(house)).containsExactly("Long: 351 lines");
    }

    @Test
    void aMethodIsTooLong(@TempDir Path house) throws IOException {
        String fits = "  /**\n   * Told.\n   */\n  @Override\n  public int f() {\n" + "    g();\n".repeat(57) + "  }\n";
        String longer = fits.replace("f()", "f2()").replaceFirst("    g\\(\\);", "    g();\n    g();");
        String constructor = longer.replace("@Override\n  public int f2()", "@Deprecated\n  Inner()");
        Files.writeString(
                Files.createDirectory(house.resolve("room")).resolve("Wrong.java"),
                "class Wrong {\n" + fits + longer + "  static class Inner {\n" + constructor + "  }\n}\n");

        assertThat(HouseRules.tooLong(house))
                .containsExactly("Wrong.f2: 61 lines", "Wrong.Inner.constructor: 61 lines");
    }

    @Test
    void sourcesThatCannotBeMeasured(@TempDir Path house) throws IOException {
        assertThatIllegalStateException()
                .isThrownBy(() -> HouseRules.tooLong(house))
                .withMessageContaining("there are no sources");

        Files.writeString(house.resolve("Broken.java"), "class Broken {\n");
        assertThatIllegalStateException()
                .isThrownBy(() -> HouseRules.tooLong(house))
                .withMessageContaining("Broken.java");
    }

    private String violations(ArchRule rule) {
        return String.join("\n", rule.evaluate(classes).getFailureReport().getDetails());
    }
}
