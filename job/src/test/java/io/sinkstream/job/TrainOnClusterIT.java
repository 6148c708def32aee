package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Driver;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.StandaloneCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} in JVMs of its own, which can be killed. */
@Tag("integration")
final class TrainOnClusterIT {
    /** The exit code of a JVM that it ends. */
    private static final int SIGTERM = 128 + 15;

    @TempDir
    private static Path folder;

    private static InstalledSpark spark;
    private static Path text;

    @BeforeAll
    static void write() throws IOException {
        spark = InstalledSpark.ofThisBuild();
        text = TrainingRun.text(folder.resolve("text.jsonl"));
    }

    private static double lastValidation(Path model) throws IOException {
        List<String> log = Files.readAllLines(model.resolve("loss.csv"));
        return Double.parseDouble(log.get(log.size() - 1).split(",", -1)[3]);
    }

    private static boolean hasState(Path output) {
        Path states = output.resolve("training/states");
        if (!Files.exists(states)) {
            return false;
        }
        try (Stream<Path> all = Files.list(states)) {
            return all.anyMatch(state -> state.getFileName().toString().startsWith("step-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A step a line: the losses, the gradients' norm and the rate, without the seconds. */
    private static List<String> course(Path model) throws IOException {
        return Files.readAllLines(model.resolve("loss.csv")).stream()
                .map(line -> line.substring(0, line.lastIndexOf(',')))
                .toList();
    }

    /** On one thread: the sums of two are other numbers, and a machine may have libtorch take either. */
    @Test
    void aTrainingThatWasKilledGoesOnToTheSameNumbers() throws Exception {
        String[] options = {"--save-every", "25", "--hidden-size", "64", "--batch", "16"};
        List<String> local = List.of("--master", "local[2]", "--driver-java-options", "-Dai.djl.pytorch.num_threads=1");
        Path whole = folder.resolve("whole");
        Driver.Ended ended = spark.submit("train-whole", folder, local, TrainingRun.train(text, whole, 300, options));
        assertThat(ended.exitCode()).as(ended.stderr()).isZero();

        Path killed = folder.resolve("killed");
        List<String> command = TrainingRun.train(text, killed, 300, options);
        try (Driver driver = spark.launch("train-killed", folder, local, command)) {
            driver.until("a state is kept", () -> hasState(killed));
            driver.kill();
        }
        assertThat(killed.resolve("config.json")).as("it was not done").doesNotExist();
        Driver.Ended other =
                spark.submit("train-other", folder, local, TrainingRun.train(text, killed, 300, "--save-every", "50"));
        assertThat(other.exitCode()).as(other.stderr()).isEqualTo(2);
        assertThat(other.said()).singleElement().asString().contains("the training in " + killed + " was begun with");
        Driver.Ended resumed = spark.submit("train-resumed", folder, local, command);

        assertThat(resumed.exitCode()).as(resumed.stderr()).isZero();
        assertThat(course(killed)).isEqualTo(course(whole));
        assertThat(killed.resolve("model.safetensors")).hasSameBinaryContentAs(whole.resolve("model.safetensors"));
    }

    /** A pass takes seconds, so that the signal meets one, and libtorch's destructors would. */
    @Test
    void aTrainingThatIsAskedToEndDoesSoWithoutACrash() throws Exception {
        Path output = folder.resolve("asked");
        String[] large = {
            "--save-every",
            "1",
            "--layers",
            "4",
            "--hidden-size",
            "512",
            "--heads",
            "8",
            "--context",
            "1024",
            "--batch",
            "4"
        };
        List<String> local = List.of("--master", "local[2]");
        try (Driver driver = spark.launch("train-asked", folder, local, TrainingRun.train(text, output, 300, large))) {
            driver.until("a state is kept", () -> hasState(output));

            Driver.Ended ended = driver.terminate();

            assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(SIGTERM);
            assertThat(ended.stdout()).doesNotContain("fatal error");
            assertThat(folder).isDirectoryNotContaining("glob:**/hs_err*");
        }
    }

    /**
     * Two executors with a copy each and half the samples of a step, against one with all of them: the same tokens. Between two
     * means the copies go apart, so the numbers differ; on this text both end near 0.78 nats, 0.004 apart.
     */
    @Test
    void twoExecutorsReachTheLossOfOne() throws Exception {
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        try (StandaloneCluster cluster = StandaloneCluster.start(spark, 2)) {
            Driver.Ended alone =
                    cluster.submit("train-one", folder, List.of(), TrainingRun.train(text, one, 60, "--batch", "16"));
            assertThat(alone.exitCode()).as(alone.stderr()).isZero();
            Driver.Ended both = cluster.submit(
                    "train-two",
                    folder,
                    List.of(),
                    TrainingRun.train(text, two, 60, "--batch", "8", "--replicas", "2", "--average-every", "4"));
            assertThat(both.exitCode()).as(both.stderr()).isZero();
        }

        System.out.println("one executor: " + lastValidation(one) + ", two: " + lastValidation(two));
        assertThat(lastValidation(one)).isLessThan(2);
        assertThat(lastValidation(two)).isCloseTo(lastValidation(one), within(0.05));
    }
}
