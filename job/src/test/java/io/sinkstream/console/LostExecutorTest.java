package io.sinkstream.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Option;

/** Executors that end under a task, in one line that says what to do. */
class LostExecutorTest {
    private static String told(String reason) {
        String lost = new ExecutorLostFailure("3", true, Option.apply(reason)).toErrorString();
        RuntimeException failure = RunFailure.of(new SparkException(
                "Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3 in"
                        + " stage 1.0 (TID 9) (h executor 3): " + lost + "\nDriver stacktrace:"));
        assertThat(failure).isExactlyInstanceOf(RunFailure.class);
        return failure.getMessage();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Container killed by YARN for exceeding physical memory limits. 6.1 GB of 6 GB physical memory used."
                        + " Consider boosting spark.executor.memoryOverhead.",
                "Command exited with code 137",
                "\nThe executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).\n",
                "Container from a bad node: container_1 on host: h. Exit status: 137."
            })
    void whoTookTooMuchMemoryIsToldWhatToSet(String reason) {
        assertThat(told(reason))
                .startsWith("executor 3 was lost, as those before it: ")
                .endsWith(
                        "; it may have taken more memory than it was given: set spark.executor.memoryOverhead to what the"
                                + " weights, --cache-memory and 1 GiB for libtorch take together, or give a smaller --cache-memory")
                .doesNotContain("\n");
    }

    @Test
    void whatElseEndsThemStandsInTheirLogs() {
        assertThat(told("Command exited with code 134"))
                .isEqualTo("executor 3 was lost, as those before it: Command exited with code 134; its log says more");
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(LostExecutor.told("Task 0 in stage 1.0 failed 4 times")).isEmpty();
    }
}
