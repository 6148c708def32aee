package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A JVM of a locale that has only ASCII, as in many containers, is handed an argument with its other characters lost. */
class LocaleTest {
    @Test
    void anArgumentThatTheLocaleCanNotExpressIsRefused() throws IOException, InterruptedException {
        // The shell hands on bytes; this JVM may have such a locale itself.
        ProcessBuilder java = new ProcessBuilder(
                "sh",
                "-c",
                "exec \"$0\" -cp \"$1\" io.sinkstream.job.Sinkstream score --separator \"$(printf '\\342\\206\\222')\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"));
        java.environment().put("LC_ALL", "C");
        Process process = java.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(said).isEqualTo(2);
        assertThat(said)
                .startsWith("sinkstream: ANSI_X3.4-1968, the locale's encoding, can't express an argument: ")
                .contains("run with another locale, such as LC_ALL=C.UTF-8");
    }
}
