package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.testing.Shared;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real meetings through a trained model: the same numbers however the work is cut. */
class ScoreTranscriptsTest {
    @TempDir
    private Path folder;

    private List<Row> score(Dataset<Row> rows, String name, String... more) {
        String input = folder + "/" + name + ".json";
        String output = folder + "/" + name + "-scored";
        rows.write().json(input);
        List<String> args = new ArrayList<>(List.of("score", "--input", input, "--output", output));
        args.addAll(List.of(
                "--model", Shared.require("models").resolve("stories260K").toString()));
        args.addAll(List.of("--attention-sink-size", "4", "--attention-sink-window-size", "252"));
        args.addAll(List.of("--key", "key", "--order", "seq"));
        args.addAll(List.of(more));
        Command.run(args.toArray(String[]::new)).succeeded();
        return Command.spark().read().parquet(output).sort("key", "seq").collectAsList();
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
        Dataset<Row> transcripts = Command.spark()
                .read()
                .json(Shared.require("data").resolve("transcripts.jsonl").toString());
        List<Row> all = score(transcripts.orderBy(functions.rand(3)).repartition(5), "all", "--partitions", "7");
        assertThat(all).hasSize(20_718).allMatch(row -> row.getAs("error") == null);
        assertThat(all.stream().map(row -> row.getAs("key")).distinct()).hasSize(35);

        // Long ones and short ones.
        String ten = "meeting-1.";
        List<Row> one = score(of(transcripts, ten), "ten", "--partitions", "1", "--pass-tokens", "4096");
        assertThat(one).hasSize(6_140);
        assertSame(one, of(all, ten));

        String two = "meeting-(08|10)";
        List<Row> single = score(of(transcripts, two), "two", "--chunk-tokens", "1");
        assertThat(single).hasSize(577);
        assertSame(single, of(all, two));
    }

    private static Dataset<Row> of(Dataset<Row> rows, String keys) {
        return rows.where(functions.col("key").rlike("^" + keys + "$"));
    }

    private static List<Row> of(List<Row> rows, String keys) {
        return rows.stream()
                .filter(row -> row.<String>getAs("key").matches(keys))
                .toList();
    }
}
