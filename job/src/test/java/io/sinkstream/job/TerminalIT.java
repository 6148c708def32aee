package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.sinkstream.harness.InstalledSpark;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code chat} at a terminal, which Python's {@code pty} makes: its keys, its signals and its screen are the system's own. */
@Tag("integration")
final class TerminalIT {
    @TempDir
    private Path folder;

    @Test
    void aDialogueByKeys() throws Exception {
        InstalledSpark spark = InstalledSpark.ofThisBuild();
        Path history = folder.resolve("history");
        List<String> command = new ArrayList<>(List.of(
                "python3",
                spark.project().resolve("job/src/test/python/terminal.py").toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g"));
        command.addAll(InstalledSpark.SHORT_LIVED);
        command.addAll(spark.opens());
        command.addAll(List.of(
                "-cp",
                spark.jar() + File.pathSeparator + spark.home().resolve("jars") + File.separator + "*",
                "io.sinkstream.job.Sinkstream",
                "chat",
                "--model",
                "builtin",
                "--template",
                "[{text}]",
                "--max-new-tokens",
                "100000000",
                "--ignore-eos",
                "--prompt-history",
                history.toString()));
        Path shown = folder.resolve("shown");
        Process process =
                start(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(shown.toFile()));
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).as(() -> read(shown)).isZero();
        assertThat(Files.readString(history)).contains("Who are you?", "/continue");
    }

    private static Process start(ProcessBuilder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            return abort("This test needs Python 3.9 or later: " + e.getMessage());
        }
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
