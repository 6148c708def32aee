package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyTokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that are not finite, in one place or in the way of every number. */
class OddNumbersTest {
    private static final double SAME = 1e-3;

    private static final String ROWS =
            """
            {"key":"a","seq":1,"text":"one"}
            {"key":"a","seq":2,"text":"fizz"}
            {"key":"a","seq":3,"text":"two"}
            {"key":"b","seq":1,"text":"three"}
            """;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        Files.writeString(folder.resolve("rows.jsonl"), ROWS);
        Files.writeString(
                folder.resolve("without.jsonl"),
                ROWS.lines().filter(line -> !line.contains("fizz")).reduce("", (a, b) -> a + b + "\n"));
    }

    /** Puts NaN into a tensor of float32, in place of the number at {@code index}. */
    private void spoil(String tensor, int index) throws IOException {
        Path file = model.resolve("model.safetensors");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) bytes.getLong(0);
        JsonObject tensors = JsonParser.parseString(
                        new String(bytes.array(), Long.BYTES, header, StandardCharsets.UTF_8))
                .getAsJsonObject();
        int begin = tensors.getAsJsonObject(tensor)
                .getAsJsonArray("data_offsets")
                .get(0)
                .getAsInt();
        bytes.putFloat(Long.BYTES + header + begin + Float.BYTES * index, Float.NaN);
        Files.write(file, bytes.array());
    }

    private Command score(String input) {
        return Command.run(
                "score",
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "28",
                "--input",
                folder + "/" + input,
                "--key",
                "key",
                "--order",
                "seq",
                "--output",
                folder + "/" + input + ".scored");
    }

    private List<Row> numbers(String input) {
        return Command.spark()
                .read()
                .parquet(folder + "/" + input + ".scored")
                .where("text <> 'fizz'")
                .selectExpr("key", "seq", "tokens", "stream_tokens", "error", "nll", "ln(stream_perplexity) as stream")
                .sort("key", "seq")
                .collectAsList();
    }

    @Test
    void aRowWithoutAFiniteNumberGetsAnErrorAndLeavesItsStreamAsItWas() throws IOException {
        int hidden = TinyModels.Shape.llama().hidden();
        spoil("model.embed_tokens.weight", hidden * (TinyTokenizer.BYTES + 'z'));

        Command with = score("rows.jsonl").succeeded();
        score("without.jsonl").succeeded();

        Row fizz = Command.spark()
                .read()
                .parquet(folder + "/rows.jsonl.scored")
                .where("text = 'fizz'")
                .first();
        assertThat(fizz.<String>getAs("error")).isEqualTo("the model's numbers for the row are not finite: NaN");
        assertThat(fizz.<Double>getAs("nll")).isNull();
        assertThat(with.out()).contains("number not finite");
        List<Row> found = numbers("rows.jsonl");
        List<Row> expected = numbers("without.jsonl");
        assertThat(found).hasSameSizeAs(expected).hasSize(3);
        for (int i = 0; i < found.size(); i++) {
            for (String name : List.of("key", "seq", "tokens", "stream_tokens")) {
                assertThat(found.get(i).<Object>getAs(name))
                        .isEqualTo(expected.get(i).getAs(name));
            }
            assertThat(found.get(i).<String>getAs("error")).isNull();
            assertThat(found.get(i).<Double>getAs("nll"))
                    .isCloseTo(expected.get(i).<Double>getAs("nll"), within(SAME));
            assertThat(found.get(i).<Double>getAs("stream"))
                    .isCloseTo(expected.get(i).<Double>getAs("stream"), within(SAME));
        }
    }

    @Test
    void aModelWithoutAFiniteNumberEndsTheRunInOneLine() throws IOException {
        spoil("model.norm.weight", 0);

        Command run = score("rows.jsonl");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("--model: the model gives NaN or infinity for whatever it is given");
    }
}
