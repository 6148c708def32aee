package io.sinkstream.job;

import io.sinkstream.harness.PlacedKills;
import io.sinkstream.harness.PlacedKills.Output;
import io.sinkstream.harness.PlacedKills.Step;
import io.sinkstream.harness.Streams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link PlacedKills}, a few of them: the soak takes all steps, of all outputs. */
class PlacedKillsTest {
    @Test
    void kindsOfStepsCanNotBeToldFromTheScores(@TempDir Path folder) throws Exception {
        List<Step> steps = List.of(
                Step.OFFSETS_LOGGED,
                Step.FIRST_STATE_UPLOADED,
                Step.LAST_TASK_COMMITS,
                Step.SINK_LOGGED,
                Step.COMMIT_WITHOUT_CHECKSUM);
        Path stream = Files.createDirectories(folder.resolve("stream"));
        Path model = Streams.model(folder.resolve("model"));

        PlacedKills kills = new PlacedKills("score", Output.PARQUET, null, model, stream);
        kills.kill(steps, new Random(1));

        kills.assertNothingIsToBeSeen();
    }
}
