package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;

/** What the batch job gives for rows that an endless stream has scored, however that one was cut, stopped or hurt. */
public final class BatchScores {
    /** The project's meaning of the same numbers: nats a token in fp32. */
    public static final double SAME = 1e-4;

    private BatchScores() {}

    /**
     * The scores by key and seq.
     *
     * @param rows of key, seq and text
     * @param folder where {@code batch} and {@code expected} are free or may be written over
     */
    public static List<Row> of(Path model, int window, List<JsonObject> rows, Path folder) throws IOException {
        Path input = new GrowingFolder(folder.resolve("batch"))
                .add(rows, rows.size())
                .path();
        Command.run(
                        "score",
                        "--model",
                        model.toString(),
                        "--attention-sink-window-size",
                        "" + window,
                        "--input",
                        input.toString(),
                        "--format",
                        "json",
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--output",
                        folder + "/expected",
                        "--overwrite")
                .succeeded();
        return Command.spark()
                .read()
                .parquet(folder + "/expected")
                .sort("key", "seq")
                .collectAsList();
    }

    /** Checks that every row is there once, in the same order, with the same numbers. */
    public static void assertSame(List<Row> found, List<Row> expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            Row row = found.get(i);
            Row other = expected.get(i);
            for (String name : List.of("key", "seq", "text", "tokens", "stream_tokens")) {
                assertThat(row.<Object>getAs(name)).as(name).isEqualTo(other.getAs(name));
            }
            assertThat(row.<String>getAs("error")).isNull();
            assertThat(row.<Double>getAs("nll"))
                    .as("%s %s", row.getAs("key"), row.getAs("seq"))
                    .isCloseTo(other.<Double>getAs("nll"), within(SAME * row.<Integer>getAs("tokens")));
            assertThat(Math.log(row.<Double>getAs("stream_perplexity")))
                    .isCloseTo(Math.log(other.<Double>getAs("stream_perplexity")), within(SAME));
        }
    }
}
