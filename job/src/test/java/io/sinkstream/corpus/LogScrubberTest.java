package io.sinkstream.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogScrubberTest {
    private static final LogScrubber.Machine MACHINE = new LogScrubber.Machine(
            "box7",
            List.of("192.0.2.77", "fd00::77"),
            "alice",
            "/users/alice",
            Path.of("/build/checkout"),
            "6.9.1-special");

    private static final List<String> RAW = List.of(
            "INFO SparkContext: OS info Linux, 6.9.1-special, amd64",
            "INFO SecurityManager: Changing view acls to: alice",
            "Classpath /build/checkout/job/target/sinkstream.jar:/users/alice/.m2/repository/a.jar",
            "INFO Utils: Your hostname, box7, resolves to 192.0.2.77 and [fd00::77]",
            "-Duser.home=/users/alice -Duser.name=alice",
            "[DEBUG] env.HOME: /users/alice");

    private static LogScrubber scrubber(long seed) {
        return new LogScrubber(MACHINE, Map.of(Path.of("/tmp/junit-1/c001"), ""), new Random(seed));
    }

    @Test
    void nothingIsLeft() {
        for (String line : RAW) {
            assertThat(LogScrubber.left(MACHINE, line)).as(line).isNotEmpty();
            for (int seed = 0; seed < 20; seed++) {
                assertThat(LogScrubber.left(MACHINE, scrubber(seed).scrub(line)))
                        .as(line)
                        .isEmpty();
            }
        }
    }

    @Test
    void pathsAreNeutral() {
        assertThat(scrubber(1).scrub("/build/checkout/job/target and /users/alice/.m2/repository"))
                .isEqualTo("/home/spark/sinkstream/job/target and /home/spark/.m2/repository");
        assertThat(scrubber(1).scrub("Wrote /tmp/junit-1/c001/data/x"))
                .doesNotContain("junit-1")
                .endsWith("/data/x");
    }

    @Test
    void anAddressIsTheSameThroughARun() {
        LogScrubber scrubber = scrubber(3);
        String one = scrubber.scrub("at 127.0.0.12:4041");

        assertThat(one).doesNotContain("127.0.0").endsWith(":4041").isEqualTo(scrubber.scrub("at 127.0.0.12:4041"));
        assertThat(scrubber.scrub("version 1.127.0.0.1.2")).isEqualTo("version 1.127.0.0.1.2");
    }

    @Test
    void aRegistryHasThePublicName() {
        assertThat(
                        scrubber(1)
                                .scrub(
                                        "Could not transfer a:b:jar:1 from/to central (https://mirror.corp:8443/maven2): offline"))
                .isEqualTo(
                        "Could not transfer a:b:jar:1 from/to central (https://repo.maven.apache.org/maven2): offline");
    }

    @Test
    void daysMoveTogether() {
        LogScrubber scrubber = scrubber(5);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);

        LocalDate moved = LocalDate.parse(scrubber.scrub(today.toString()));

        assertThat(LocalDate.parse(scrubber.scrub(today.plusDays(1).toString())))
                .isEqualTo(moved.plusDays(1));
    }
}
