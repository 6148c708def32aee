package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.InstalledSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is in the shaded jar, and what is not. */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ShadedJarIT {
    private static final Pattern RESOLVED = Pattern.compile("\\s+(\\S+:\\S+:\\S+:\\S+)(?: -- .*)?");

    private static final String PLATFORM = System.getProperty("sinkstream.platform");

    private final InstalledSpark spark = InstalledSpark.ofThisBuild();
    private JarFile jar;
    private List<String> files;

    @BeforeAll
    void open() throws IOException {
        jar = new JarFile(spark.jar().toFile());
        files = jar.stream()
                .filter(entry -> !entry.isDirectory())
                .map(ZipEntry::getName)
                .toList();
    }

    @AfterAll
    void close() throws IOException {
        jar.close();
    }

    @Test
    void dependenciesAreThoseOfTheList() throws IOException {
        Path target = spark.project().resolve("job/target");
        Set<String> packed = new TreeSet<>();
        for (String line : Files.readAllLines(target.resolve("runtime-deps.txt"))) {
            // On a terminal Maven writes in colours, into files too.
            Matcher resolved = RESOLVED.matcher(line.replaceAll("\u001B\\[[0-9;]*m", ""));
            if (resolved.matches() && !resolved.group(1).startsWith("io.sinkstream:")) {
                // The scope says nothing of what is packed.
                packed.add(resolved.group(1)
                        .replaceFirst(":(compile|runtime)$", "")
                        .replace(":" + PLATFORM + ":", ":PLATFORM:"));
            }
        }
        Path now = Files.write(target.resolve("runtime-deps-now.txt"), packed);
        Path list = spark.project().resolve("job/runtime-deps.txt");

        assertThat(packed)
                .as(
                        "What sinkstream.jar packs differs from %s. If that is meant, copy %s over it, and say in NOTICE"
                                + " under which licence the jar holds what is new.",
                        list, now)
                .containsExactlyElementsOf(new TreeSet<>(Files.readAllLines(list)));
    }

    @Test
    void classesAreOursAndThoseThatSparkHasNot() {
        assertThat(files)
                .filteredOn(name -> name.endsWith(".class"))
                .allMatch(
                        name -> name.matches(
                                "(io/sinkstream|ai/djl|com/sun/jna|org/apache/(batik|xmlgraphics)|org/knowm/xchart|picocli)/.*"));
        assertThat(files)
                .contains(
                        "io/sinkstream/job/Sinkstream.class",
                        "ai/djl/engine/Engine.class",
                        "com/sun/jna/Native.class",
                        "picocli/CommandLine.class");
    }

    @Test
    void nativesAreThoseOfOnePlatform() throws IOException {
        assertThat(files)
                .contains(
                        library("pytorch/cpu", "", "torch_cpu"),
                        library("jnilib", "cpu/", "djl_torch"),
                        library("native/lib", "cpu/", "tokenizers"));
        assertThat(files)
                .filteredOn(name -> name.matches("(pytorch|jnilib|native)/.*\\.(so.*|dylib|dll)"))
                .allMatch(name -> name.contains("/" + PLATFORM + "/"));
        assertThat(jar.getManifest().getMainAttributes().getValue("Sinkstream-Platform"))
                .isEqualTo(PLATFORM);
    }

    private static String library(String folder, String kind, String name) {
        String file = PLATFORM.startsWith("win")
                ? name + ".dll"
                : "lib" + name + (PLATFORM.startsWith("osx") ? ".dylib" : ".so");
        return folder + "/" + PLATFORM + "/" + kind + file;
    }

    @Test
    void servicesOfAllDependenciesAreListed() throws IOException {
        assertThat(text("META-INF/services/ai.djl.engine.EngineProvider"))
                .contains("ai.djl.pytorch.engine.PtEngineProvider");
        assertThat(text("META-INF/services/ai.djl.repository.zoo.ZooProvider"))
                .contains("huggingface", "io.sinkstream.djl.StreamZoo");
    }

    @Test
    void nothingIsTwiceOrSigned() {
        assertThat(files).doesNotHaveDuplicates().noneMatch(name -> name.matches("META-INF/[^/]+\\.(SF|DSA|RSA)"));
    }

    @Test
    void theManifestSaysWhatItIs() throws IOException {
        Attributes manifest = jar.getManifest().getMainAttributes();

        assertThat(manifest.getValue(Attributes.Name.MAIN_CLASS)).isEqualTo("io.sinkstream.job.Sinkstream");
        assertThat(manifest.getValue(Attributes.Name.IMPLEMENTATION_VERSION))
                .isEqualTo(System.getProperty("sinkstream.version"));
    }

    @Test
    void licencesAreOurs() throws IOException {
        assertThat(text("META-INF/LICENSE"))
                .isEqualTo(Files.readString(spark.project().resolve("LICENSE")));
        assertThat(text("META-INF/NOTICE"))
                .isEqualTo(Files.readString(spark.project().resolve("NOTICE")));
    }

    private String text(String name) throws IOException {
        return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
}
