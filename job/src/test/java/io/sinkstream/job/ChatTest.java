package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate --chat} and {@code stream generate --chat}: rows as turns by the checkpoint's own template. */
class ChatTest {
    private static final int WINDOW = 28;
    private static final int NEW_TOKENS = 7;
    private static final String TEMPLATE =
            "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[{{ m.content }}]"
                    + "{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";

    @TempDir
    private Path folder;

    private Path model;
    private Path input;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        template(TEMPLATE);
        input = Files.createDirectories(folder.resolve("in"));
        for (int seq = 0; seq < 3; seq++) {
            StringBuilder rows = new StringBuilder();
            for (String key : List.of("a", "b")) {
                rows.append(
                        "{\"key\": \"%s\", \"seq\": %d, \"text\": \"row %d of %s\"}\n".formatted(key, seq, seq, key));
            }
            Path part = Files.writeString(input.resolve("part-" + seq + ".json"), rows.toString());
            // An endless stream takes them by age.
            Files.setLastModifiedTime(part, FileTime.fromMillis(1_000_000_000_000L + 1_000L * seq));
        }
    }

    private void template(String template) throws IOException {
        JsonObject config = new JsonObject();
        config.addProperty("chat_template", template);
        config.addProperty("bos_token", "<s>");
        config.addProperty("eos_token", "</s>");
        Files.writeString(model.resolve("tokenizer_config.json"), config.toString());
    }

    private Command run(List<String> command, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.toString());
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--max-new-tokens", "" + NEW_TOKENS);
        options.put("--output", folder.resolve("out").toString());
        return Command.run(command, options, more);
    }

    private void requireDialogues() {
        List<Row> rows = Command.spark()
                .read()
                .parquet(folder.resolve("out").toString())
                .sort("key", "seq")
                .collectAsList();
        assertThat(rows).hasSize(6);
        Map<String, StreamState> states = new HashMap<>();
        try (StreamModel alone = StreamModel.open(ModelOptions.of(model).withAttention(4, WINDOW))) {
            TextTokenizer tokenizer = alone.tokenizer().orElseThrow();
            for (Row row : rows) {
                assertThat(row.<String>getAs("error")).isNull();
                StreamState state = states.getOrDefault(row.<String>getAs("key"), alone.start());
                String front = state.position() == 0 ? "<s>" : "</s>";
                int[] tokens = tokenizer.encode(front + "[" + row.getAs("text") + "]");
                StreamResult.Advanced turn =
                        alone.advance(StreamUpdate.generate(null, state, tokens, NEW_TOKENS, false));
                states.put(row.getAs("key"), turn.state());
                assertThat(row.<Integer>getList(row.fieldIndex("continuation_tokens")).stream()
                                .mapToInt(Integer::intValue))
                        .containsExactly(Arrays.stream(turn.continuation().tokens())
                                .boxed()
                                .toArray(Integer[]::new));
                assertThat(row.<Long>getAs("stream_tokens"))
                        .isEqualTo(turn.state().position());
            }
        }
    }

    @Test
    void rowsOfATableAreTurns() {
        run(List.of("generate"), "--chat").succeeded();

        requireDialogues();
    }

    /** The state holds tokens alone: what a turn appends in a later micro-batch needs no message before it. */
    @Test
    void rowsOfLaterMicroBatchesAreTurnsOfTheSameDialogue() {
        run(
                        List.of("stream", "generate"),
                        "--chat",
                        "--schema",
                        "key STRING, seq BIGINT, text STRING",
                        "--option",
                        "maxFilesPerTrigger=1",
                        "--checkpoint",
                        folder.resolve("checkpoint").toString(),
                        "--trigger",
                        "available-now")
                .succeeded();

        requireDialogues();
    }

    @Test
    void whatCannotBeDoneIsRefusedInOneLine() throws IOException {
        List<String> generate = List.of("generate");
        assertThat(run(generate, "--chat", "--template", "Q {text}").refusal())
                .contains("--chat and --template: give one of them");
        assertThat(run(generate, "--chat", "--tokens", "text").refusal())
                .contains("--chat and --tokens: token ids go into no template");
        template("{% include 'more' %}");
        assertThat(run(generate, "--chat").refusal())
                .contains(
                        "tokenizer_config.json: field \"chat_template\", line 1: the tag \"include\" is not supported");
        template("{{ raise_exception('no user') }}");
        assertThat(run(generate, "--chat").refusal()).contains("line 1: no user");
        template("{% for m in messages %}[{{ m.content.split('</think>')[-1] }}]{% endfor %}");
        assertThat(run(generate, "--chat").refusal())
                .contains("otherwise once a later turn follows")
                .contains("--template");
        Files.delete(model.resolve("tokenizer_config.json"));
        assertThat(run(generate, "--chat").refusal())
                .contains("--chat: " + model + " has no chat template")
                .contains("--template");
    }
}
