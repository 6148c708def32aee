package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.testing.Shared;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real meetings through a trained model: the same numbers however the work is cut. */
class ScoreTranscriptsTest {
    private static final List<String> SHORT_MEETINGS = List.of("meeting-08", "meeting-10", "meeting-15");

    @TempDir
    private Path folder;

    private List<Row> score(String input, String output, String... more) {
        List<String> args = new ArrayList<>(List.of("score", "--input", input, "--output", folder + "/" + output));
        args.addAll(List.of(
                "--model", Shared.require("models").resolve("stories260K").toString()));
        args.addAll(List.of("--attention-sink-size", "4", "--attention-sink-window-size", "252"));
        args.addAll(List.of("--key", "key", "--order", "seq"));
        args.addAll(List.of(more));
        Command.run(args.toArray(String[]::new)).succeeded();
        return Command.spark()
                .read()
                .parquet(folder + "/" + output)
                .sort("key", "seq")
                .collectAsList();
    }

    private static void assertSame(List<Row> found, List<Row> expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            Row row = found.get(i);
            Row other = expected.get(i);
            assertThat(row.<String>getAs("key")).isEqualTo(other.getAs("key"));
            assertThat(row.<Long>getAs("seq")).isEqualTo(other.getAs("seq"));
            assertThat(row.<String>getAs("text")).isEqualTo(other.getAs("text"));
            assertThat(row.<String>getAs("error")).isNull();
            assertThat(row.<Integer>getAs("tokens")).isEqualTo(other.getAs("tokens"));
            assertThat(row.<Long>getAs("stream_tokens")).isEqualTo(other.getAs("stream_tokens"));
            // 1e-4 nats a token.
            assertThat(row.<Double>getAs("nll"))
                    .as("%s %s", row.getAs("key"), row.getAs("seq"))
                    .isCloseTo(other.<Double>getAs("nll"), within(1e-4 * row.<Integer>getAs("tokens")));
        }
    }

    @Test
    void anyPartitionsAnyOrderAndAnyChunkGiveTheSameNumbers() {
        String transcripts = Shared.require("data").resolve("transcripts.jsonl").toString();
        List<Row> one = score(transcripts, "one", "--partitions", "1", "--pass-tokens", "4096");
        assertThat(one).hasSize(20_718);
        assertThat(one.stream().map(row -> row.getAs("key")).distinct()).hasSize(35);

        Command.spark()
                .read()
                .json(transcripts)
                .orderBy(functions.rand(3))
                .repartition(5)
                .write()
                .json(folder + "/shuffled.json");
        assertSame(score(folder + "/shuffled.json", "seven", "--partitions", "7"), one);

        Command.spark()
                .read()
                .json(transcripts)
                .where(functions.col("key").isInCollection(SHORT_MEETINGS))
                .write()
                .json(folder + "/three.json");
        List<Row> single = score(folder + "/three.json", "single", "--chunk-tokens", "1");
        assertSame(
                single,
                one.stream()
                        .filter(row -> SHORT_MEETINGS.contains(row.<String>getAs("key")))
                        .toList());
    }
}
