package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.execution.streaming.Sink;
import org.apache.spark.sql.sources.StreamSinkProvider;
import org.apache.spark.sql.streaming.OutputMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A driver that is killed after the output has a micro-batch, and before the checkpoint has it. The next one runs it again,
 * and the sink passes it over: Spark then committed no state, and every start ended with "AssertionError: ... ChekpointInfo
 * length: 0, numPartitions: 1".
 */
class PassedOverBatchTest {
    private static final int WINDOW = 28;
    private static final String COMPACTION = "spark.sql.streaming.fileSink.log.compactInterval";

    @TempDir
    private Path folder;

    private Path model;
    private GrowingFolder input;
    private final List<JsonObject> rows = GrowingFolder.rows(3, 12);

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        input = new GrowingFolder(folder.resolve("in"));
    }

    @AfterEach
    void unset() {
        Command.spark().conf().unset(COMPACTION);
    }

    private Command run(String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.path().toString());
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--option", "maxFilesPerTrigger=1");
        options.put("--checkpoint", folder + "/checkpoint");
        options.put("--output", folder + "/scored");
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    /** The log of commits without its last entry, as a driver leaves it that is killed in front of it. */
    private void uncommit(long batch) throws IOException {
        Path commits = folder.resolve("checkpoint/commits");
        Files.delete(commits.resolve("" + batch));
        Files.deleteIfExists(commits.resolve("." + batch + ".crc"));
    }

    private List<Row> scored(String format) {
        return Command.spark()
                .read()
                .format(format)
                .schema("key STRING, seq BIGINT, text STRING, tokens INT, nll DOUBLE, perplexity DOUBLE,"
                        + " bits_per_byte DOUBLE, stream_tokens BIGINT, stream_perplexity DOUBLE, error STRING")
                .load(folder + "/scored")
                .sort("key", "seq")
                .collectAsList();
    }

    /** The files that a reader has seen, or will see. */
    private Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("scored"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("part-"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @ParameterizedTest(name = "{0}, the sink''s log compacted every {1}")
    @CsvSource({"parquet,10", "parquet,2", "json,10", "csv,1", "orc,10"})
    void isRunAndNotWrittenAgain(String format, int compaction) throws IOException {
        Command.spark().conf().set(COMPACTION, compaction);
        String[] output = {"--output-format", format};
        input.add(rows.subList(0, 24), 12);
        run(output).succeeded();
        Set<String> written = files();
        uncommit(1);

        run(output).succeeded();

        assertThat(files()).as("what a reader may have seen already").isEqualTo(written);
        input.add(rows.subList(24, 36), 12);
        run(output).succeeded();
        BatchScores.assertSame(scored(format), BatchScores.of(model, WINDOW, rows, folder));
    }

    /** Spark would take the other query's micro-batches for its own, and pass over those of the same numbers. */
    @Test
    void anotherQuerysOutputIsRefused() throws IOException {
        input.add(rows, 18);
        run().succeeded();
        run("--checkpoint", folder + "/other", "--output", folder + "/others").succeeded();

        assertThat(run("--output", folder + "/others").refusal())
                .contains(
                        "--output: " + folder + "/others belongs to the query of the checkpoint " + folder + "/other,")
                .contains("not to that of " + folder + "/checkpoint");
        assertThat(run("--output", folder + "/new").refusal())
                .contains("--output: " + folder + "/new lacks what the checkpoint " + folder + "/checkpoint has done:"
                        + " that goes to micro-batch 1 and the output to none");
        assertThat(folder.resolve("new")).doesNotExist();
    }

    /** As a backup of it that was put back: the sink would pass over what the checkpoint has still to do. */
    @Test
    void anOldCopyOfTheCheckpointIsRefused() throws IOException {
        input.add(rows, 18);
        run().succeeded();
        uncommit(1);
        Files.delete(folder.resolve("checkpoint/offsets/1"));

        assertThat(run().refusal())
                .contains("is ahead of the checkpoint " + folder + "/checkpoint: it goes to micro-batch 1 and the"
                        + " checkpoint to 0");
    }

    /** Delta's is one. */
    @Test
    void everySinkOfSparksFirstKindMayPassABatchOver() throws IOException {
        String[] output = {"--output-format", RememberingSinkProvider.class.getName(), "--output", "none"};
        input.add(rows.subList(0, 24), 12);
        run(output).succeeded();
        uncommit(1);

        run(output).succeeded();

        assertThat(RememberingSinkProvider.taken).containsExactly(0L, 1L);
        input.add(rows.subList(24, 36), 12);
        run(output).succeeded();
        assertThat(RememberingSinkProvider.taken).containsExactly(0L, 1L, 2L);
        assertThat(RememberingSinkProvider.rows).isEqualTo(36);
    }

    /** A sink that remembers which micro-batches it has. */
    public static final class RememberingSinkProvider implements StreamSinkProvider {
        private static final List<Long> taken = new ArrayList<>();
        private static long rows;

        @Override
        public Sink createSink(
                SQLContext context,
                scala.collection.immutable.Map<String, String> parameters,
                scala.collection.immutable.Seq<String> partitionColumns,
                OutputMode mode) {
            return new RememberingSink();
        }
    }

    /** Writes nothing but how many rows came. */
    record RememberingSink() implements Sink {
        @Override
        public void addBatch(long batch, Dataset<Row> data) {
            if (!RememberingSinkProvider.taken.contains(batch)) {
                RememberingSinkProvider.rows += data.collectAsList().size();
                RememberingSinkProvider.taken.add(batch);
            }
        }
    }
}
