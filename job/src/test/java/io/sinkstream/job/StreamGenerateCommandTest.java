package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.Streams;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code stream generate} on files, with a random tiny model, against the same turns given to the model one by one. */
class StreamGenerateCommandTest {
    /** The project's meaning of the same numbers: nats a token in fp32. */
    private static final double SAME = 1e-4;

    private static final int WINDOW = 28;
    private static final int NEW_TOKENS = 9;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    private Command run(Path input, String... more) {
        return Command.run(List.of("stream", "generate"), options(input), more);
    }

    private Map<String, String> options(Path input) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.toString());
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--max-new-tokens", "" + NEW_TOKENS);
        options.put("--template", "Q {text}\\nA ");
        options.put("--checkpoint", folder + "/checkpoint");
        options.put("--output", folder + "/out");
        options.put("--trigger", "available-now");
        return options;
    }

    private List<Row> written() {
        return Command.spark()
                .read()
                .parquet(folder + "/out")
                .sort("key", "seq")
                .collectAsList();
    }

    @ParameterizedTest(name = "{0} rows a micro-batch")
    @ValueSource(ints = {6, 24})
    void eachRowIsATurnOfItsStream(int rowsPerBatch) throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(4, 6);
        Path input =
                new GrowingFolder(folder.resolve("in")).add(rows, rowsPerBatch).path();

        run(input, "--option", "maxFilesPerTrigger=1", "--cache-memory", "100k").succeeded();

        List<Row> found = written();
        assertThat(found).hasSize(rows.size());
        Map<String, StreamState> states = new HashMap<>();
        try (StreamModel alone = StreamModel.open(ModelOptions.of(model).withAttention(4, WINDOW))) {
            for (Row row : found) {
                StreamState state = states.getOrDefault(row.<String>getAs("key"), alone.start());
                String prompt = "Q " + row.getAs("text") + "\nA ";
                int[] ids = Streams.ids(List.of(prompt), "");
                int[] tokens = state.position() == 0 ? ids : Arrays.copyOfRange(ids, 1, ids.length);
                StreamResult.Advanced turn =
                        alone.advance(StreamUpdate.generate(null, state, tokens, NEW_TOKENS, false));
                states.put(row.getAs("key"), turn.state());
                assertThat(row.<Integer>getList(row.fieldIndex("continuation_tokens")))
                        .containsExactly(Arrays.stream(turn.continuation().tokens())
                                .boxed()
                                .toArray(Integer[]::new));
                assertThat(row.<String>getAs("finish_reason"))
                        .isEqualTo(turn.continuation().finish().toString());
                assertThat(row.<Double>getAs("nll"))
                        .isCloseTo(turn.continuation().nll(), within(SAME * NEW_TOKENS));
                assertThat(row.<Long>getAs("stream_tokens"))
                        .isEqualTo(turn.state().position());
                assertThat(row.<String>getAs("error")).isNull();
            }
        }
    }

    /** Penalties look at the window, of which a state read for a warm cache holds a part. */
    @Test
    void choicesThatLookBackAreTheSameHoweverRowsCome() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(3, 6);
        String[] options = {
            "--option",
            "maxFilesPerTrigger=1",
            "--repetition-penalty",
            "1.5",
            "--no-repeat-ngram-size",
            "2",
            "--do-sample"
        };
        Command cut = run(new GrowingFolder(folder.resolve("in")).add(rows, 6).path(), options)
                .succeeded();
        List<Row> found = written();
        Command whole = run(
                        new GrowingFolder(folder.resolve("all")).add(rows, 18).path(),
                        with(options, "--checkpoint", folder + "/other", "--output", folder + "/whole"))
                .succeeded();

        assertThat(found).hasSize(18);
        assertThat(tokens(found))
                .isEqualTo(tokens(Command.spark()
                        .read()
                        .parquet(folder + "/whole")
                        .sort("key", "seq")
                        .collectAsList()));
        // Histories were read, and no cache was lost.
        assertThat(cut.err()).contains("0 rebuilds of 0 tokens").doesNotContain("caches: 0 hits");
        assertThat(whole.err()).contains("0 rebuilds of 0 tokens");
    }

    private static List<List<Integer>> tokens(List<Row> rows) {
        return rows.stream()
                .map(row -> row.<Integer>getList(row.fieldIndex("continuation_tokens")))
                .toList();
    }

    private static String[] with(String[] some, String... more) {
        return Stream.of(some, more).flatMap(Stream::of).toArray(String[]::new);
    }

    /** Its tokenizer drops the space of a text's first token, so a continuation's text depends on what stands before. */
    @Test
    void promptAndContinuationReadAsOneText() throws IOException {
        Path stories = Shared.require("models/stories260K");
        JsonObject row = new JsonObject();
        row.addProperty("key", "k");
        row.addProperty("seq", 1);
        row.addProperty("text", "Once upon a time, there was");
        Path input =
                new GrowingFolder(folder.resolve("in")).add(List.of(row), 1).path();

        run(input, "--model", stories.toString(), "--template", "{text}").succeeded();

        Row found = written().get(0);
        try (StreamModel alone = StreamModel.open(ModelOptions.of(stories).withAttention(4, WINDOW))) {
            TextTokenizer tokenizer = alone.tokenizer().orElseThrow();
            int[] prompt = tokenizer.encode("Once upon a time, there was");
            int[] continuation = found.<Integer>getList(found.fieldIndex("continuation_tokens")).stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
            int[] all = Arrays.copyOf(prompt, prompt.length + continuation.length);
            System.arraycopy(continuation, 0, all, prompt.length, continuation.length);
            assertThat("Once upon a time, there was" + found.getAs("continuation"))
                    .isEqualTo(tokenizer.decode(all));
            assertThat(found.<String>getAs("continuation")).startsWith(" ");
        }
    }

    /** A late row is no turn: it has an error, and the turns after it go on as if it had not come. */
    @Test
    void aStreamGoesOnAfterARestartAndPassesOverLateRows() throws IOException {
        List<JsonObject> rows = GrowingFolder.rows(2, 6);
        Path whole = new GrowingFolder(folder.resolve("whole")).add(rows, 12).path();
        run(whole, "--checkpoint", folder + "/whole.checkpoint").succeeded();
        List<Row> expected = written();
        InstalledSpark.deleteUnder(folder.resolve("out"), file -> true);

        GrowingFolder input = new GrowingFolder(folder.resolve("in")).add(rows.subList(0, 6), 3);
        run(input.path(), "--option", "maxFilesPerTrigger=1").succeeded();
        JsonObject late = rows.get(1).deepCopy();
        late.addProperty("text", "too late");
        input.add(List.of(late), 1).add(rows.subList(6, 12), 6);
        run(input.path(), "--option", "maxFilesPerTrigger=1").succeeded();

        List<Row> found = written();
        assertThat(found.stream().filter(row -> row.getAs("error") != null))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.<String>getAs("text")).isEqualTo("too late");
                    assertThat(row.<String>getAs("error")).startsWith("late: ");
                    assertThat(row.<String>getAs("continuation")).isNull();
                });
        assertThat(found.stream()
                        .filter(row -> row.getAs("error") == null)
                        .map(StreamGenerateCommandTest::told)
                        .toList())
                .isEqualTo(
                        expected.stream().map(StreamGenerateCommandTest::told).toList());
    }

    private static List<Object> told(Row row) {
        return List.of(
                row.getAs("key"), row.getAs("seq"), row.getAs("continuation_tokens"), row.getAs("stream_tokens"));
    }

    /** The ids of a text say the same as the text. */
    @Test
    void tokensAreContinuedAsATextIs() throws IOException {
        JsonObject row = GrowingFolder.rows(1, 3).get(2);
        JsonArray ids = new JsonArray();
        Arrays.stream(Streams.ids(List.of(row.get("text").getAsString()), "")).forEach(ids::add);
        row.add("ids", ids);
        Path input =
                new GrowingFolder(folder.resolve("in")).add(List.of(row), 1).path();
        String schema = "key STRING, seq BIGINT, text STRING, ids ARRAY<INT>";
        run(input, "--schema", schema, "--template", "{text}").succeeded();
        List<Object> expected = told(written().get(0));
        InstalledSpark.deleteUnder(folder.resolve("out"), file -> true);

        Map<String, String> options = options(input);
        options.remove("--template");
        options.put("--schema", schema);
        options.put("--tokens", "ids");
        options.put("--checkpoint", folder + "/of-tokens");
        Command.run(List.of("stream", "generate"), options).succeeded();

        assertThat(told(written().get(0))).isEqualTo(expected);
    }

    @Test
    void aTemplateNeedsAPlaceForTheText() throws IOException {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(1, 1), 1)
                .path();

        assertThat(run(input, "--penalty-alpha", "0.6", "--top-k", "4").refusal())
                .startsWith("sinkstream stream generate: --penalty-alpha")
                .endsWith(
                        "streams without end keep less of a stream than contrastive search needs; give 0, or use generate");
        assertThat(run(input, "--template", "hello").refusal())
                .contains("--template")
                .contains("{text}");
    }
}
