package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sinkstream.harness.InstalledSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the shaded jar says it is made of, in CycloneDX, and under which licences. */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SbomIT {
    private static final List<String> NATIVES =
            List.of("META-INF/sbom/natives.cdx.json", "META-INF/sbom/platform.cdx.json");

    private final InstalledSpark spark = InstalledSpark.ofThisBuild();
    private JarFile jar;
    private List<String> natives;

    @BeforeAll
    void open() throws IOException {
        jar = new JarFile(spark.jar().toFile());
        natives = jar.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.matches(".*\\.(so|so\\..*|dylib|jnilib|dll|a)"))
                .toList();
    }

    @AfterAll
    void close() throws IOException {
        jar.close();
    }

    @Test
    void everyArtifactIsListedWithALicence() throws IOException {
        List<String> packed = new ArrayList<>(List.of("io.sinkstream:sinkstream-udfs"));
        for (String line : Files.readAllLines(spark.project().resolve("job/runtime-deps.txt"))) {
            packed.add(line.replaceFirst("^([^:]+:[^:]+):.*:([^:]+)$", "$1:$2"));
        }
        List<String> listed = new ArrayList<>();
        for (JsonNode component : bom("META-INF/sbom/sinkstream.cdx.json").path("components")) {
            String name = component.path("group").asText() + ":"
                    + component.path("name").asText();
            boolean isOurs = name.startsWith("io.sinkstream:");
            listed.add(isOurs ? name : name + ":" + component.path("version").asText());
            assertThat(licences(component)).as(name).isNotEmpty();
        }

        assertThat(listed).containsExactlyInAnyOrderElementsOf(packed);
    }

    @Test
    void everyNativeLibraryIsToldWithALicence() throws IOException {
        List<String> told = new ArrayList<>();
        for (String name : NATIVES) {
            for (JsonNode component : bom(name).path("components")) {
                assertThat(licences(component)).as("%s", component).isNotEmpty();
                component.path("components").forEach(part -> assertThat(licences(part))
                        .as("%s", part)
                        .isNotEmpty());
                for (JsonNode occurrence : component.path("evidence").path("occurrences")) {
                    told.add(occurrence.path("location").asText());
                }
            }
        }

        assertThat(natives).isNotEmpty().allMatch(file -> told.stream().anyMatch(file::startsWith));
        assertThat(told).allMatch(place -> natives.stream().anyMatch(file -> file.startsWith(place)));
    }

    @Test
    void licencesThatAskForTheirTextHaveIt() throws IOException {
        assertThat(text("META-INF/licenses/libtorch.txt"))
                .contains("Redistributions in binary form must reproduce the above copyright");
        assertThat(text("META-INF/licenses/GPL-3.0.txt")).contains("GNU GENERAL PUBLIC LICENSE");
        assertThat(text("META-INF/licenses/GCC-exception-3.1.txt")).contains("GCC RUNTIME LIBRARY EXCEPTION");
    }

    private static List<String> licences(JsonNode component) {
        List<String> licences = new ArrayList<>();
        for (JsonNode licence : component.path("licenses")) {
            JsonNode one = licence.path("license");
            String name = one.path("id").asText()
                    + one.path("name").asText()
                    + licence.path("expression").asText();
            if (!name.isBlank()) {
                licences.add(name);
            }
        }
        return licences;
    }

    private JsonNode bom(String name) throws IOException {
        String text = text(name);
        assertThat(text).as("a version that the build should fill in").doesNotContain("${");
        JsonNode bom = new ObjectMapper().readTree(text);
        assertThat(bom.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bom.path("specVersion").asText()).isEqualTo("1.6");
        return bom;
    }

    private String text(String name) throws IOException {
        return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
}
