package io.sinkstream.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private static List<Boolean> odd(String... lines) {
        boolean[] odd = new LogLines(List.of(lines)).odd();
        return IntStream.range(0, odd.length).mapToObj(i -> odd[i]).toList();
    }

    @Test
    void anErrorHasTheLinesUpToTheNextEntry() {
        assertThat(odd(
                        "26/11/21 21:00:00 INFO Executor: Running task 0.0",
                        "26/11/21 21:00:00 ERROR Executor: Exception in task 0.0",
                        "more of it",
                        "26/11/21 21:00:01 INFO Executor: Running task 0.1"))
                .containsExactly(false, true, true, false);
        assertThat(odd(
                        "2026-11-21T21:00:00.123Z ERROR [main] o.a.s.Executor: no",
                        "2026-11-21 21:00:00,123 WARN  [main] a.B: so so",
                        "21:00:00.123 [main] ERROR Executor - no",
                        "[2026-11-21 21:00:00,123] FATAL no (kafka.Kafka)",
                        "[INFO] BUILD FAILURE",
                        "[ERROR] Failed to execute goal"))
                .containsExactly(true, false, true, true, false, true);
    }

    @Test
    void anErrorIsOneInEveryLayout() {
        for (String layout : List.of(
                "2026-11-21 21:00:00 %s spark.Executor: it",
                "26/11/21 21:00:00.123 %s Executor [main]: it",
                "%s 2026-11-21T21:00:00,123 Executor it",
                "Nov 21 21:00:00 node-7 spark[812]: %s Executor: it",
                "[%s] 21/11/2026 21:00:00 (Executor) it",
                "1795294800123 %s spark.executor.Executor - it",
                "2026-11-21 21:00:00.123+01:00|%s|main|Executor|it",
                "{\"ts\":\"2026-11-21T21:00:00.123Z\",\"level\":\"%s\",\"msg\":\"it\"}",
                "{\"@timestamp\":\"2026-11-21T21:00:00.123Z\",\"log.level\":\"%s\",\"message\":\"it\"}",
                "2026-11-21 21:00:00,123 [myid:1] - %s [main:Leader@1] - it",
                "261121 210000 812 %s server.Leader: it")) {
            String error = layout.formatted("ERROR");
            String info = layout.formatted("INFO");
            assertThat(odd(error, "more of it", info, "more")).as(layout).containsExactly(true, true, false, false);
        }
        assertThat(odd("{\"level\":\"WARN\",\"msg\":\"it\",\"exception\":{\"class\":\"a.B\"}}"))
                .containsExactly(true);
    }

    @Test
    void anExceptionHasItsStackAndTheEntryAbove() {
        assertThat(odd(
                        "26/11/21 21:00:00 WARN TaskSetManager: look",
                        "java.io.IOException: gone",
                        "\tat a.B.c(B.java:1)",
                        "\t... 3 more",
                        "and then"))
                .containsExactly(true, true, true, true, false);
        assertThat(odd(
                        "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space",
                        "\tat a.B.c(B.java:1)"))
                .containsExactly(true, true);
    }

    @Test
    void aThreadsStackIsNoFailure() {
        assertThat(odd("\"main\" #1 prio=5", "\tat a.B.c(B.java:1)")).containsExactly(false, false);
    }

    @Test
    void aLossIsOddAtAnyLevel() {
        assertThat(odd(
                        "26/11/21 21:00:00 INFO Master: Executor app-1/0 finished with state EXITED exitStatus 137",
                        "26/11/21 21:00:00 INFO Master: Executor app-1/0 finished with state KILLED exitStatus 143",
                        "26/11/21 21:00:00 ERROR Worker: RECEIVED SIGNAL TERM"))
                .containsExactly(true, false, false);
    }

    @Test
    void aLongLogIsCutInTheMiddleAndALongLineAtItsEnd() {
        List<String> lines = IntStream.range(0, 30).mapToObj(i -> "line " + i).toList();

        assertThat(new LogLines(lines).cut(6).lines())
                .containsExactly("line 0", "line 1", "line 2", "line 3", "line 28", "line 29");
        assertThat(new LogLines(List.of("x".repeat(5000))).cut(6).lines().get(0))
                .hasSize(2000);
    }
}
