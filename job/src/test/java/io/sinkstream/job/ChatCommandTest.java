package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.Shared;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code chat} without a terminal, and on files of prompts. */
class ChatCommandTest {
    private static final String TEMPLATE =
            "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[{{ m.content }}]"
                    + "{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";

    @TempDir
    private Path folder;

    private Path model;
    private Path turns;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        template(TEMPLATE);
        turns = Files.writeString(
                folder.resolve("turns.jsonl"),
                """
                {"question_id": 81, "turns": ["Who are you?", "Why, \\"me\\"?"]}

                {"prompt": ["Tell me,\\nplease."]}
                """);
    }

    private void template(String template) throws IOException {
        JsonObject config = new JsonObject();
        config.addProperty("chat_template", template);
        config.addProperty("bos_token", "<s>");
        config.addProperty("eos_token", "</s>");
        Files.writeString(model.resolve("tokenizer_config.json"), config.toString());
    }

    private Command chat(String... more) {
        List<String> args = new ArrayList<>(List.of(
                "chat", "--model", model.toString(), "--attention-sink-window-size", "28", "--max-new-tokens", "9"));
        args.addAll(List.of(more));
        return Command.alone(args.toArray(String[]::new));
    }

    private Command said(String lines, String... more) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(lines.getBytes(UTF_8)));
        try {
            return chat(more);
        } finally {
            System.setIn(before);
        }
    }

    private List<JsonObject> rows(Path log) throws IOException {
        return Files.readAllLines(log).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    @Test
    void linesAreTurnsOfTheCheckpointsOwnTemplate() {
        Command done = said("Who are you?\nWhy?\n/stats\n", "--ignore-eos").succeeded();

        // BOS and the first turn; an answer; the end of it and the second turn; an answer.
        assertThat(done.err()).contains("turns 2, tokens in the stream " + (15 + 9 + 1 + 6 + 9) + ", answered 18");
        Command again = said("Who are you?\nWhy?", "--ignore-eos").succeeded();
        assertThat(again.out()).isEqualTo(done.out());
    }

    @Test
    void chanceIsTheSameForTheSameSeed() {
        String[] sampled = {"--do-sample", "--temperature", "2", "--top-k", "0", "--ignore-eos"};
        // The bytes that it writes are no text; their perplexity tells them apart.
        String first = drawn(sampled);

        assertThat(drawn(sampled)).isEqualTo(first);
        String[] other = Arrays.copyOf(sampled, sampled.length + 2);
        other[sampled.length] = "--seed";
        other[sampled.length + 1] = "1";
        assertThat(drawn(other)).isNotEqualTo(first);
    }

    private String drawn(String... options) {
        return said("Who are you?\n/stats", options)
                .succeeded()
                .err()
                .lines()
                .filter(line -> line.startsWith("turns 1"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aFileOfPromptsIsOneConversation() throws IOException {
        Path log = folder.resolve("log.jsonl");

        Command done = chat("--turns", turns.toString(), "--output", log.toString(), "--ignore-eos")
                .succeeded();

        List<JsonObject> rows = rows(log);
        assertThat(rows).hasSize(3);
        assertThat(rows.get(0).keySet())
                .containsExactly(
                        "turn",
                        "line",
                        "prompt",
                        "answer",
                        "finish_reason",
                        "prompt_tokens",
                        "prompt_perplexity",
                        "tokens",
                        "perplexity",
                        "words",
                        "known_words",
                        "distinct_characters",
                        "read_seconds",
                        "seconds",
                        "stream_tokens",
                        "resident_mib",
                        "error");
        assertThat(rows).extracting(row -> row.get("line").getAsInt()).containsExactly(1, 1, 3);
        assertThat(rows).extracting(row -> row.get("tokens").getAsInt()).containsOnly(9);
        // The end of the answer before belongs to the prompt.
        assertThat(rows).extracting(row -> row.get("prompt_tokens").getAsInt()).containsExactly(15, 13, 19);
        assertThat(rows)
                .extracting(row -> row.get("stream_tokens").getAsInt())
                .containsExactly(24, 24 + 22, 24 + 22 + 28);
        assertThat(rows.get(1).get("prompt").getAsString()).isEqualTo("Why, \"me\"?");
        assertThat(rows).allMatch(row -> row.get("error").isJsonNull());
        assertThat(done.out())
                .contains("> Who are you?")
                .contains(rows.get(0).get("answer").getAsString());
        assertThat(done.err()).contains("turn 3 of 3: 9 tokens in ").containsPattern("all 3 +3 +27 ");
    }

    @Test
    void aLogInCsvIsReadAsSparkReadsIt() {
        Path log = folder.resolve("log.csv");
        chat("--turns", turns.toString(), "--output", log.toString(), "--ignore-eos")
                .succeeded();

        assertThat(Command.spark()
                        .read()
                        .option("header", true)
                        .option("multiLine", true)
                        .option("escape", "\"")
                        .csv(log.toString())
                        .select("prompt")
                        .collectAsList())
                .extracting(row -> row.getString(0))
                .containsExactly("Who are you?", "Why, \"me\"?", "Tell me,\nplease.");
    }

    @Test
    void aTurnThatTheTemplateRefusesIsARowWithAnError() throws IOException {
        template(TEMPLATE.replace(
                "[{{ m.content }}]",
                "{% if 'Why' in m.content %}{{ raise_exception('no reasons') }}{% endif %}[{{ m.content }}]"));
        Path log = folder.resolve("log.jsonl");

        chat("--turns", turns.toString(), "--output", log.toString(), "--ignore-eos")
                .succeeded();

        assertThat(rows(log).get(1).get("error").getAsString()).contains("no reasons");
        assertThat(rows(log).get(1).get("tokens").isJsonNull()).isTrue();
        assertThat(rows(log).get(2).get("stream_tokens").getAsInt()).isEqualTo(24 + 28);
    }

    @Test
    void transformersEndsWhereTheContextDoesAndTellsIt() throws IOException {
        Path config = model.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceAll("\"max_position_embeddings\": \\d+", "\"max_position_embeddings\": 40"));
        Path log = folder.resolve("log.jsonl");

        Command done = chat(
                        "--turns",
                        turns.toString(),
                        "--output",
                        log.toString(),
                        "--ignore-eos",
                        "--experiment",
                        "transformers")
                .succeeded();

        assertThat(rows(log)).hasSize(2);
        assertThat(rows(log).get(1).get("stream_tokens").getAsInt()).isEqualTo(40);
        assertThat(done.err())
                .contains("cut off by the model's context")
                .contains("ended before turn 3 of 3: the model's context of 40 tokens has no room");
    }

    @Test
    void mtBenchsQuestionsAreRead() throws IOException {
        Path questions = Shared.require("data/mt_bench_questions.jsonl");
        Path two = Files.write(
                folder.resolve("two.jsonl"), Files.readAllLines(questions).subList(0, 2));
        Path log = folder.resolve("log.jsonl");

        chat("--turns", two.toString(), "--output", log.toString()).succeeded();

        assertThat(rows(log)).hasSize(4).allMatch(row -> row.get("error").isJsonNull());
    }

    @Test
    void theBuiltInModelTakesATemplate() {
        Command done = Command.alone(
                        "chat", "--turns", turns.toString(), "--template", "{text}\\n", "--max-new-tokens", "5")
                .succeeded();

        assertThat(done.err()).contains("turn 3 of 3");
    }

    @Test
    void whatCannotBeDoneIsRefusedInOneLine() throws IOException {
        Path log = Files.writeString(folder.resolve("there.jsonl"), "mine");
        assertThat(chat("--output", "log.jsonl").refusal()).contains("--output goes with --turns, which is missing");
        assertThat(chat("--word-list", "words").refusal()).contains("--word-list goes with --turns");
        assertThat(chat("--turns", "none.jsonl").refusal()).contains("--turns: none.jsonl can't be read");
        assertThat(chat("--turns", turns.toString(), "--output", log.toString()).refusal())
                .contains("there.jsonl exists; remove it, or give --overwrite");
        assertThat(chat("--turns", turns.toString(), "--output", "log.txt").refusal())
                .contains("log.txt; allowed is a name that ends with .jsonl or .csv");
        assertThat(chat(
                                "--turns",
                                turns.toString(),
                                "--output",
                                folder.resolve("no/log.csv").toString())
                        .refusal())
                .contains("there is no folder");
        assertThat(chat("--experiment", "windowed,transformers").refusal()).contains("--experiment: there are 2");
        assertThat(chat("--template", "Hello").refusal()).contains("has no place for the row's text");
        assertThat(chat("--do-sample", "--top-p", "0").refusal()).contains("--top-p: \"0\" is wrong");
        for (String bad : List.of("{\"turns\": \"one\"}", "[]", "{", "{\"turns\": [1]}", "{\"texts\": []}", "")) {
            Files.writeString(turns, bad);
            assertThat(chat("--turns", turns.toString()).refusal())
                    .as(bad)
                    .contains("--turns: " + turns)
                    .contains("an array of texts that is called turns or prompt");
        }
        Files.write(turns, new byte[] {(byte) 0xff, '\n'});
        assertThat(chat("--turns", turns.toString()).refusal()).contains("is no text in UTF-8");
        Files.delete(model.resolve("tokenizer_config.json"));
        assertThat(chat().refusal()).contains("has no chat template").contains("say by --template");
        Files.delete(model.resolve("tokenizer.json"));
        assertThat(chat("--template", "{text}").refusal()).contains("has no tokenizer.json");
        assertThat(log).hasContent("mine");
    }
}
