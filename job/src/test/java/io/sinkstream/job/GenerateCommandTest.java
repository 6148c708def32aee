package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** {@code generate} on files, with a random tiny model. */
class GenerateCommandTest {
    private static final int WINDOW = 28;
    private static final int NEW_TOKENS = 9;

    @TempDir
    private Path folder;

    private Path model;
    private Path input;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        StringBuilder rows = new StringBuilder();
        for (int seq = 0; seq < 3; seq++) {
            for (int key = 0; key < 7; key++) {
                rows.append("{\"key\": \"k%d\", \"seq\": %d, \"text\": \"row %d of %d\"}\n"
                        .formatted(key, seq, seq * 31, key));
            }
        }
        rows.append("{\"key\": \"k0\", \"seq\": 3, \"text\": null}\n");
        input = Files.writeString(folder.resolve("rows.jsonl"), rows.toString());
    }

    private Command run(String output, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--input", input.toString());
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--max-new-tokens", "" + NEW_TOKENS);
        options.put("--template", "Q {text}\\nA ");
        options.put("--output", folder.resolve(output).toString());
        return Command.run(List.of("generate"), options, more);
    }

    private List<Row> written(String output) {
        return Command.spark()
                .read()
                .parquet(folder.resolve(output).toString())
                .sort("key", "seq")
                .collectAsList();
    }

    private List<String> continuations(String output) {
        return written(output).stream()
                .map(row -> row.<String>getAs("key")
                        + row.getAs("seq")
                        + row.getAs("continuation_tokens")
                        + row.getAs("finish_reason"))
                .toList();
    }

    private static int[] ids(Row row, String column) {
        return row.<Integer>getList(row.fieldIndex(column)).stream()
                .mapToInt(Integer::intValue)
                .toArray();
    }

    @Test
    void eachRowIsATurnOfItsStream() {
        Command done = run("out").succeeded();

        assertThat(done.out())
                .containsPattern("rows +22")
                .containsPattern("written +\\d")
                .contains("null text");
        Map<String, StreamState> states = new HashMap<>();
        try (StreamModel alone = StreamModel.open(ModelOptions.of(model).withAttention(4, WINDOW))) {
            for (Row row : written("out")) {
                if (row.getAs("text") == null) {
                    assertThat(row.<String>getAs("error")).isEqualTo("the text is null");
                    continue;
                }
                StreamState state = states.getOrDefault(row.<String>getAs("key"), alone.start());
                int[] ids = Streams.ids(List.of("Q " + row.getAs("text") + "\nA "), "");
                int[] tokens = state.position() == 0 ? ids : Arrays.copyOfRange(ids, 1, ids.length);
                StreamResult.Advanced turn =
                        alone.advance(StreamUpdate.generate(null, state, tokens, NEW_TOKENS, false));
                states.put(row.getAs("key"), turn.state());
                assertThat(ids(row, "continuation_tokens"))
                        .isEqualTo(turn.continuation().tokens());
                assertThat(row.<Long>getAs("stream_tokens"))
                        .isEqualTo(turn.state().position());
            }
        }
        assertThat(states).hasSize(7);
    }

    @Test
    void chanceIsTheSameHoweverTheRowsAreSpread() {
        String[] sampled = {"--do-sample", "--temperature", "1.2", "--top-k", "0", "--top-p", "0.9"};
        run("one", with(sampled, "--partitions", "1")).succeeded();
        run("five", with(sampled, "--partitions", "5", "--cache-memory", "100k"))
                .succeeded();
        run("other", with(sampled, "--seed", "1")).succeeded();

        assertThat(continuations("five")).isEqualTo(continuations("one"));
        assertThat(continuations("other")).isNotEqualTo(continuations("one"));
    }

    /** By options or as the checkpoint has it; streams get longer than what tokens depend on, and lose their caches. */
    @Test
    void contrastIsTheSameHoweverTheRowsAreSpread() throws IOException {
        String[] contrastive = {"--penalty-alpha", "0.6", "--top-k", "4"};
        run("one", with(contrastive, "--partitions", "1")).succeeded();
        run("greedy", "--partitions", "1").succeeded();
        Files.writeString(model.resolve("generation_config.json"), "{\"penalty_alpha\": 0.6, \"top_k\": 4}");
        run("five", "--partitions", "5", "--cache-memory", "100k").succeeded();

        assertThat(continuations("five")).isEqualTo(continuations("one"));
        assertThat(continuations("greedy")).isNotEqualTo(continuations("one"));
    }

    private static String[] with(String[] some, String... more) {
        String[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    @Test
    void anOptionOfSamplingWithoutSamplingIsAWarning() {
        Command done = run("out", "--temperature", "0.5", "--top-p", "0.5").succeeded();

        assertThat(done.err())
                .startsWith("warning: --temperature does nothing without --do-sample" + System.lineSeparator()
                        + "warning: --top-p does nothing without --do-sample");
    }

    @Test
    void whatCannotBeDoneIsRefusedInOneLine() throws IOException {
        assertThat(run("out", "--temperature", "0", "--do-sample").refusal()).contains("--temperature: \"0\" is wrong");
        // And no warning beside it.
        assertThat(run("out", "--temperature", "0.5", "--suppress-tokens", "70000")
                        .refusal())
                .contains("token 70000");
        assertThat(run("out", "--suppress-tokens", "70000").refusal())
                .contains("token 70000 of the sampling options is outside the vocabulary");
        Files.writeString(model.resolve("generation_config.json"), "{\"num_beams\": 4}");
        assertThat(run("out").refusal()).contains("\"num_beams\" is 4; supported: 1");
        Files.delete(model.resolve("tokenizer.json"));
        Files.delete(model.resolve("generation_config.json"));
        Files.writeString(input, "{\"key\": \"a\", \"seq\": 1, \"ids\": [1, 2]}\n");
        assertThat(run("out", "--tokens", "ids", "--template", "{text}", "--stop", "x")
                        .refusal())
                .contains("--stop: ")
                .contains("has no tokenizer.json");
    }

    @ParameterizedTest
    @FieldSource("io.sinkstream.testing.Golden#SHARED")
    void continuationsAreThoseOfTheReferences(String family) throws IOException {
        for (Golden.Streaming wanted : Golden.require(family).streaming()) {
            assertContinuation(family, wanted, 0);
            assertContinuation(family, wanted, 8);
        }
    }

    private void assertContinuation(String family, Golden.Streaming wanted, int lookup) throws IOException {
        Files.writeString(input, "{\"key\": \"a\", \"seq\": 1, \"ids\": " + Arrays.toString(wanted.prompt()) + "}\n");
        String output = "out-" + wanted + lookup;
        run(
                        output,
                        "--model",
                        Golden.require(family).folder().toString(),
                        "--lookup-tokens",
                        "" + lookup,
                        "--attention-sink-size",
                        "" + wanted.sinks(),
                        "--attention-sink-window-size",
                        "" + wanted.window(),
                        "--template",
                        "{text}",
                        "--tokens",
                        "ids",
                        "--ignore-eos",
                        "--max-new-tokens",
                        "" + wanted.greedy().length,
                        "--partitions",
                        "1")
                .succeeded();

        Row row = written(output).get(0);
        assertThat(ids(row, "continuation_tokens"))
                .as("%s %s, %d looked up", family, wanted, lookup)
                .isEqualTo(wanted.greedy());
        assertThat(row.<String>getAs("continuation")).isNull();
        assertThat(row.<String>getAs("finish_reason")).isEqualTo("length");
    }

    @Test
    void whatIsLookedUpIsCounted() {
        // One token for ever.
        assertThat(run("out", "--logit-bias", "5=100").succeeded().out())
                .containsPattern("looked up +[1-9]")
                .containsPattern("of these right +[1-9]");
        assertThat(run("other", "--logit-bias", "5=100", "--lookup-tokens", "0")
                        .succeeded()
                        .out())
                .doesNotContain("looked up");
        assertThat(continuations("out")).isEqualTo(continuations("other"));
        assertThat(run("none", "--lookup-tokens", "300").refusal())
                .contains("--lookup-tokens: \"300\" is wrong; allowed is a whole number from 0 to 256");
    }
}
