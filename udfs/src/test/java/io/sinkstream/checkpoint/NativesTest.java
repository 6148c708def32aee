package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.checkpoint.Natives.Library;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A system that the jar has no native libraries for is told in a line what to do. */
@Execution(ExecutionMode.CONCURRENT)
class NativesTest {
    private static Throwable failure() {
        return new IllegalStateException("no such thing", new UnsatisfiedLinkError("libc.so.6: too old\nand more"));
    }

    @TempDir
    private Path folder;

    private static String refusal(String system, Library library) {
        return new Natives(system, false, null).refusal(library, failure()).getMessage();
    }

    @Test
    void aSystemThatTheJarHasNothingForNeedsTheJarForIt() {
        assertThat(refusal("osx-aarch64", Library.LIBTORCH))
                .isEqualTo("libtorch can't be loaded: there is none for osx-aarch64 in the jar; take the one that"
                        + " \"mvn -DskipTests package -Dplatform=osx-aarch64\" makes");
    }

    @Test
    void aSystemThatDjlHasNothingForIsTold() {
        assertThat(refusal("FreeBSD-amd64", Library.TOKENIZERS))
                .isEqualTo(
                        "the library of tokenizers can't be loaded: this system is FreeBSD-amd64, and DJL has libraries for"
                                + " linux-aarch64, linux-x86_64, osx-aarch64, win-x86_64");
    }

    @Test
    void muslIsTold() {
        assertThat(new Natives("linux-x86_64", true, null)
                        .refusal(Library.TOKENIZERS, failure())
                        .getMessage())
                .startsWith("the library of tokenizers can't be loaded: the C library of this system is musl");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void aLibraryThatIsThereAndDoesNotLoadSaysWhyItself() {
        assertThat(refusal("linux-x86_64", Library.LIBTORCH)).isEqualTo("libtorch can't be loaded: libc.so.6: too old");
    }

    /** Loads a model, and says what was thrown. */
    static final class Loads {
        private Loads() {}

        public static void main(String[] args) {
            try {
                StreamModel.open(ModelOptions.of(Path.of(args[0]))).close();
            } catch (UserException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    private List<String> loading(Map<String, String> environment, String... options) throws Exception {
        Path model = TinyModels.of(Shape.oneLayer()).write(folder.resolve("model"));
        Path log = folder.resolve("log");
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-DDJL_CACHE_DIR=" + folder.resolve("cache")));
        line.addAll(List.of(options));
        line.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Loads.class.getName(),
                model.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        int exit = builder.start().waitFor();
        List<String> lines = Files.readAllLines(log);
        assertThat(exit).as("%s", lines).isZero();
        return lines;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFolderOfWhatIsNoLibtorchIsNamed() throws Exception {
        for (String library : List.of("libtorch.so", "libtorch_cpu.so", "libc10.so")) {
            Files.writeString(folder.resolve(library), "none");
        }
        List<String> lines = loading(Map.of("PYTORCH_LIBRARY_PATH", folder.toString()));

        assertThat(lines).noneMatch(line -> line.startsWith("\tat "));
        assertThat(lines)
                .last()
                .asString()
                .startsWith("refused: PYTORCH_LIBRARY_PATH: libtorch can't be loaded from " + folder + " (")
                .endsWith("); expected is the lib folder of libtorch 2.7.1 for linux-x86_64");
    }

    /** As a Mac of today names itself. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void anotherSystemHasNoTrace() throws Exception {
        List<String> lines = loading(Map.of(), "-Dos.name=Mac OS X", "-Dos.arch=aarch64");

        assertThat(lines).noneMatch(line -> line.startsWith("\tat "));
        assertThat(lines)
                .last()
                .asString()
                .startsWith(
                        "refused: libtorch can't be loaded: there is none for osx-aarch64 in the jar; take the one that");
    }
}
