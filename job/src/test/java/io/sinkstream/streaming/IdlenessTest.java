package io.sinkstream.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which streams are idle where the query itself was down for a while: rows of that time wait in its input. */
class IdlenessTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final long MINUTE = Duration.ofMinutes(1).toMillis();

    @TempDir
    private Path folder;

    @Test
    void theTimeInWhichTheQueryWasDownDoesNotCount() {
        // It was down from minute 100 to minute 300.
        Idleness idleness = new Idleness(HOUR, 100 * MINUTE, 300 * MINUTE);

        assertThat(idleness.isOver(90 * MINUTE, 300 * MINUTE)).isFalse();
        assertThat(idleness.isOver(90 * MINUTE, 349 * MINUTE)).isFalse();
        assertThat(idleness.isOver(90 * MINUTE, 350 * MINUTE)).isTrue();
        assertThat(idleness.isOver(40 * MINUTE, 300 * MINUTE)).isTrue();
    }

    @Test
    void afterTheStartAllTimeCounts() {
        Idleness idleness = new Idleness(HOUR, 100 * MINUTE, 300 * MINUTE);

        assertThat(idleness.isOver(300 * MINUTE, 359 * MINUTE)).isFalse();
        assertThat(idleness.isOver(300 * MINUTE, 360 * MINUTE)).isTrue();
    }

    @Test
    void aQueryThatBeginsHasNotBeenDown() {
        assertThat(Idleness.of(HOUR).isOver(5 * MINUTE, 64 * MINUTE)).isFalse();
        assertThat(Idleness.of(HOUR).isOver(5 * MINUTE, 65 * MINUTE)).isTrue();
    }

    @Test
    void theLastMicroBatchBeforeTheStartIsReadFromTheCheckpoint() throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(1, 2), 1)
                .path();
        String checkpoint = folder + "/checkpoint";
        SparkSession spark = Command.spark();
        assertThat(Idleness.resumed(spark, checkpoint, HOUR, 7)).isEqualTo(Idleness.of(HOUR));
        Files.delete(folder.resolve("checkpoint/offsets"));
        Files.delete(folder.resolve("checkpoint"));

        Command.run(
                        "stream",
                        "score",
                        "--model",
                        Streams.model(folder.resolve("model")).toString(),
                        "--format",
                        "json",
                        "--input",
                        input.toString(),
                        "--schema",
                        "key STRING, seq BIGINT, text STRING",
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--checkpoint",
                        checkpoint,
                        "--output",
                        folder + "/scored",
                        "--option",
                        "maxFilesPerTrigger=1",
                        "--trigger",
                        "available-now")
                .succeeded();

        long began = JsonParser.parseString(Files.readAllLines(folder.resolve("checkpoint/offsets/1"))
                        .get(1))
                .getAsJsonObject()
                .get("batchTimestampMs")
                .getAsLong();
        assertThat(Idleness.resumed(spark, checkpoint, HOUR, began + 9))
                .isEqualTo(new Idleness(HOUR, began, began + 9));
    }
}
