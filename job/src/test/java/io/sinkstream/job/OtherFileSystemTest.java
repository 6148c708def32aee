package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.batch.ModelFolders;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.OtherFileSystem;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inputs, outputs, checkpoints and states on a file system that is not the local one. */
class OtherFileSystemTest {
    private static final int WINDOW = 28;
    private static final String IMPL = OtherFileSystem.PROPERTY.substring("spark.hadoop.".length());

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void know() throws IOException {
        model = Streams.model(folder.resolve("model"));
        System.setProperty(OtherFileSystem.PROPERTY, OtherFileSystem.class.getName());
        Command.spark().sparkContext().hadoopConfiguration().set(IMPL, OtherFileSystem.class.getName());
    }

    @AfterEach
    void forget() {
        System.clearProperty(OtherFileSystem.PROPERTY);
        Command.spark().sparkContext().hadoopConfiguration().unset(IMPL);
    }

    private String other(String name) {
        return "other://" + folder.resolve(name);
    }

    private Map<String, String> options(String output) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", other("in"));
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--output", other(output));
        return options;
    }

    private Command stream(String output, String... more) {
        Map<String, String> options = options(output);
        options.put("--checkpoint", other("checkpoint"));
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    private List<Row> written(String output) {
        return Command.spark().read().parquet(other(output)).sort("key", "seq").collectAsList();
    }

    @Test
    void aStreamGoesOnThereAndGivesWhatTheBatchDoes() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(3, 8);
        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(rows.subList(0, 12), 12);
        stream("scored").succeeded();
        input.add(rows.subList(12, 24), 12);
        stream("scored").succeeded();

        BatchScores.assertSame(written("scored"), BatchScores.of(model, WINDOW, rows, folder));
        Command.run(List.of("score"), options("again")).succeeded();
        BatchScores.assertSame(written("again"), written("scored"));
        assertThat(Command.run("state", "--checkpoint", other("checkpoint"), "--output", other("states"))
                        .succeeded()
                        .out())
                .contains("Written to other://");
        assertThat(stream("scored", "--order", "text").refusal()).startsWith("sinkstream stream score: --order: ");
        assertThat(Command.run(List.of("score"), options("in"), "--overwrite").refusal())
                .contains("are the same or one lies in the other");
        assertThat(Command.run(List.of("score"), options("again")).refusal()).contains("exists; remove it");
    }

    /** Copied once, and found again by what is in it, wherever it lies. */
    @Test
    void aModelThereGivesWhatItsFolderDoes() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(3, 4);
        GrowingFolder unused = new GrowingFolder(folder.resolve("in")).add(rows, 12);
        Command.run(List.of("score"), options("here")).succeeded();

        Command.run(List.of("score"), options("there"), "--model", other("model"))
                .succeeded();

        BatchScores.assertSame(written("there"), written("here"));
        Path copy = ModelFolders.resolve(Settings.MODEL, other("model"));
        assertThat(copy).isNotEqualTo(model);
        assertThat(copy.resolve("model.safetensors")).hasSameBinaryContentAs(model.resolve("model.safetensors"));
        assertThat(Command.run(List.of("score"), options("never"), "--model", other("in"))
                        .refusal())
                .endsWith(" has no config.json; expected a Hugging Face checkpoint");
    }
}
