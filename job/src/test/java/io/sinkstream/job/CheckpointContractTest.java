package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a checkpoint was begun with, and can't go on without: it is refused before anything runs, and says what to do. */
class CheckpointContractTest {
    private static final int WINDOW = 28;
    private static final String SCHEMA = "key STRING, seq BIGINT, text STRING";

    @TempDir
    private Path folder;

    private final List<JsonObject> rows = GrowingFolder.rows(2, 4);
    private Path model;
    private GrowingFolder input;

    @BeforeEach
    void begin() throws IOException {
        model = Streams.model(folder.resolve("model"));
        input = new GrowingFolder(folder.resolve("in")).add(rows.subList(0, 4), 4);
    }

    private Command run(String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.path().toString());
        options.put("--schema", SCHEMA);
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--checkpoint", checkpoint().toString());
        options.put("--output", folder + "/scored");
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    private Path checkpoint() {
        return folder.resolve("checkpoint");
    }

    private List<Row> scored(String output) {
        return Command.spark()
                .read()
                .parquet(folder + "/" + output)
                .sort("key", "seq")
                .collectAsList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "key STRING, seq DOUBLE, text STRING | --order | of type bigint, and it is of type double now",
                "key STRING, seq STRING, text STRING | --order | of type bigint, and it is of type string now",
                "key BIGINT, seq BIGINT, text STRING | --key | of type string, and it is of type bigint now",
            })
    void keysAndOrdersKeepTheirKind(String schema, String option, String difference) throws IOException {
        run().succeeded();
        input.add(rows.subList(4, 8), 4);

        assertThat(run("--schema", schema).refusal())
                .startsWith(
                        "sinkstream stream score: " + option + ": the checkpoint " + checkpoint() + " was begun with")
                .contains(difference)
                .contains("give it the type that it had");

        run().succeeded();
        BatchScores.assertSame(scored("scored"), BatchScores.of(model, WINDOW, rows, folder));
    }

    @Test
    void aWiderTypeOfTheSameKindGoesOn() throws IOException {
        run("--schema", "key STRING, seq INT, text STRING").succeeded();
        input.add(rows.subList(4, 8), 4);

        run("--output-format", "parquet").succeeded();

        assertThat(Command.spark()
                        .read()
                        .schema(SCHEMA + ", error STRING, stream_tokens BIGINT")
                        .parquet(folder + "/scored")
                        .where("error IS NULL AND (seq < 2 OR stream_tokens > 20)")
                        .count())
                .isEqualTo(8);
    }

    /** Spark refuses another clock too, by a trace; and without one it keeps no timers. */
    @Test
    void theClockOfIdleStreamsStays() {
        run().succeeded();

        assertThat(run("--idle", "1h").refusal())
                .startsWith("sinkstream stream score: --idle: the checkpoint " + checkpoint()
                        + " was begun without --idle, not with --idle by the clock, and can't change that");
    }

    /** Spark keeps the paths of a checkpoint's parts in full, and would take deletions and initial states once more. */
    @Test
    void aCheckpointThatWasMovedIsRefusedAndItsStreamsCanBeTakenAlong() throws IOException {
        run().succeeded();
        Path moved = folder.resolve("moved");
        Files.move(checkpoint(), moved);

        assertThat(run("--checkpoint", moved.toString()).refusal())
                .startsWith("sinkstream stream score: --checkpoint: the checkpoint " + moved + " was begun as file:"
                        + checkpoint() + " and is file:" + moved + " now")
                .contains("--initial-state to keep the streams");

        Command.run("state", "--checkpoint", moved.toString(), "--output", folder + "/states")
                .succeeded();
        Path rest = new GrowingFolder(folder.resolve("rest"))
                .add(rows.subList(4, 8), 4)
                .path();
        run("--initial-state", folder + "/states", "--input", rest.toString(), "--output", folder + "/others")
                .succeeded();
        List<Row> both = Command.spark()
                .read()
                .parquet(folder + "/scored", folder + "/others")
                .sort("key", "seq")
                .collectAsList();
        BatchScores.assertSame(both, BatchScores.of(model, WINDOW, rows, folder));
    }

    @Test
    void statesOfAnotherOrderAreNoBeginning() {
        run().succeeded();
        Command.run("state", "--checkpoint", checkpoint().toString(), "--output", folder + "/states")
                .succeeded();
        String[] other = {
            "--initial-state", folder + "/states", "--checkpoint", folder + "/new", "--output", folder + "/o"
        };

        assertThat(run(with(other, "--schema", "key STRING, seq STRING, text STRING"))
                        .refusal())
                .contains(
                        "--initial-state: its streams go by an order of type bigint, and --order seq is of type string");
        assertThat(folder.resolve("new")).doesNotExist();
    }

    private static String[] with(String[] options, String... more) {
        return java.util.stream.Stream.of(options, more)
                .flatMap(java.util.stream.Stream::of)
                .toArray(String[]::new);
    }

    /** Earlier versions wrote less down. */
    @Test
    void anOlderCheckpointGoesOn() throws IOException {
        run().succeeded();
        Path file = checkpoint().resolve("sinkstream.json");
        JsonObject terms = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        List.of("place", "idle-streams-are-forgotten", "key-type", "order-type")
                .forEach(name -> assertThat(terms.remove(name)).as(name).isNotNull());
        Files.writeString(file, terms.toString());
        Files.deleteIfExists(checkpoint().resolve(".sinkstream.json.crc"));
        Path owner = folder.resolve("scored/_sinkstream.json");
        JsonObject claim = JsonParser.parseString(Files.readString(owner)).getAsJsonObject();
        assertThat(claim.remove("format")).isNotNull();
        Files.writeString(owner, claim.toString());
        Files.deleteIfExists(owner.resolveSibling("._sinkstream.json.crc"));
        input.add(rows.subList(4, 8), 4);

        run().succeeded();

        BatchScores.assertSame(scored("scored"), BatchScores.of(model, WINDOW, rows, folder));
    }

    @Test
    void anOutputKeepsItsFormat() {
        run().succeeded();

        assertThat(run("--output-format", "json").refusal())
                .startsWith("sinkstream stream score: --output-format: " + folder
                        + "/scored was begun as parquet, not json");
    }
}
