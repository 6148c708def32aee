package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code train}, from a text to a model that {@code score} runs. */
final class TrainCommandTest {
    private static final int STEPS = 60;

    @TempDir
    private static Path folder;

    private static Path text;

    @BeforeAll
    static void write() throws IOException {
        text = TrainingRun.text(folder.resolve("text.jsonl"));
    }

    private static Command train(List<String> command) {
        return Command.run(command.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "zero", "learnable", "head"})
    void aModelLearnsItsTextAndScoresIt(String sink) throws Exception {
        Path model = folder.resolve("model-" + sink);

        Command run =
                train(TrainingRun.train(text, model, STEPS, "--sink", sink)).succeeded();

        assertThat(run.out()).contains("written to " + model);
        List<String> log = Files.readAllLines(model.resolve("loss.csv"));
        assertThat(log).hasSize(STEPS + 1);
        // A vocabulary of 300 is ln 300 = 5.7 at first. Which event and number come next can't be known: about 1.2 a
        // token.
        assertThat(number(log.get(1), 2)).isGreaterThan(5);
        assertThat(number(log.get(STEPS), 2)).isLessThan(2);
        assertThat(number(log.get(STEPS), 3)).isLessThan(2);
        assertThat(ImageIO.read(model.resolve("loss.png").toFile()).getWidth()).isEqualTo(900);
        assertThat(model.resolve("training")).doesNotExist();
        try (var files = Files.list(model)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "config.json",
                            "model.safetensors",
                            "tokenizer.json",
                            "tokenizer_config.json",
                            "loss.csv",
                            "loss.png");
        }
        Path scored = folder.resolve("scored-" + sink);
        Command.run(
                        "score",
                        "--model",
                        model.toString(),
                        "--input",
                        text.toString(),
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--attention-sink-window-size",
                        "28",
                        "--output",
                        scored.toString())
                .succeeded();
        List<Row> rows = Command.spark()
                .read()
                .parquet(scored.toString())
                .orderBy("key", "seq")
                .collectAsList();
        double nll = rows.stream().mapToDouble(row -> row.getAs("nll")).sum();
        long tokens = rows.stream().mapToInt(row -> row.getAs("tokens")).sum();
        assertThat(nll / tokens).isLessThan(2);
        boolean isSinkInFront = JsonParser.parseString(Files.readString(model.resolve("tokenizer.json")))
                .toString()
                .contains("<sink>");
        assertThat(isSinkInFront).isEqualTo(sink.equals("learnable"));
        // The first row of a stream has the token in front, where it stands in S for ever.
        Path tokenizer = model.resolve("tokenizer.json");
        try (TextTokenizer encoder = TextTokenizer.open(tokenizer)) {
            Row first = rows.get(0);
            int own = encoder.encode(first.<String>getAs("text") + "\n").length;
            assertThat(first.<Integer>getAs("tokens")).isEqualTo(sink.equals("learnable") ? own + 1 : own);
        }
    }

    /** At such a rate the loss goes up and down. */
    @Test
    void aTrainingThatNoLongerHelpsEndsAndItsBestStateIsTheModel() throws IOException {
        Path model = folder.resolve("patient");
        List<String> command = TrainingRun.train(
                text, model, 300, "--learning-rate", "0.1", "--save-every", "3", "--patience", "1", "--sink", "none");

        Command run = train(command).succeeded();

        List<String> log = Files.readAllLines(model.resolve("loss.csv"));
        assertThat(log).hasSizeLessThan(300);
        int taken = log.size() - 1;
        String last = log.get(taken);
        String best = log.get(taken - 3);
        assertThat(number(last, 3)).isGreaterThanOrEqualTo(number(best, 3));
        assertThat(run.out())
                .contains((taken - 3) + " steps, ")
                .contains(String.format(Locale.ROOT, "on samples for validation %.4f", number(best, 3)))
                .contains("of " + taken + " steps that were taken");
        assertThat(train(TrainingRun.train(text, folder.resolve("x"), 3, "--patience", "1", "--validation", "0"))
                        .refusal())
                .contains("--patience 1 does nothing with --validation 0");
    }

    private static double number(String line, int cell) {
        return Double.parseDouble(line.split(",", -1)[cell]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "zero", "learnable", "head"})
    void aTrainingGoesOnFromAModelThatIsThere(String sink) throws Exception {
        Path first = folder.resolve("initial-" + sink);
        train(TrainingRun.train(text, first, STEPS, "--sink", sink, "--save-dtype", "bfloat16"))
                .succeeded();
        Path second = folder.resolve("further-" + sink);

        train(TrainingRun.goOn(text, second, 3, "--initial-model", first.toString(), "--context", "40"))
                .succeeded();

        List<String> log = Files.readAllLines(second.resolve("loss.csv"));
        // Drawn weights begin above 5; these have learned the text.
        assertThat(number(log.get(1), 2)).isLessThan(2);
        assertThat(second.resolve("tokenizer.json")).hasSameTextualContentAs(first.resolve("tokenizer.json"));
        JsonObject before = json(first.resolve("config.json"));
        JsonObject after = json(second.resolve("config.json"));
        assertThat(after.remove("max_position_embeddings").getAsInt()).isEqualTo(40);
        assertThat(after.remove("torch_dtype").getAsString()).isEqualTo("float32");
        before.remove("max_position_embeddings");
        before.remove("torch_dtype");
        assertThat(after).isEqualTo(before);
    }

    /** As Llama's tokenizers have it, which transformers reads so. */
    @Test
    void whatStandsInFrontByTheFilesBesideATokenizerStandsInItsOwnAfterwards() throws Exception {
        Path first = folder.resolve("by-config");
        train(TrainingRun.train(text, first, 1)).succeeded();
        JsonObject tokenizer = json(first.resolve("tokenizer.json"));
        tokenizer.add("post_processor", JsonNull.INSTANCE);
        Files.writeString(first.resolve("tokenizer.json"), tokenizer.toString());
        Files.writeString(
                first.resolve("tokenizer_config.json"),
                "{\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":true,\"bos_token\":\"<sink>\"}");
        Path second = folder.resolve("by-itself");

        train(TrainingRun.goOn(text, second, 1, "--initial-model", first.toString()))
                .succeeded();

        try (TextTokenizer alone = TextTokenizer.open(second.resolve("tokenizer.json"))) {
            assertThat(alone.prefix())
                    .containsExactly(json(first.resolve("config.json"))
                            .get("sink_token_id")
                            .getAsInt());
        }
    }

    private static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    /** Each in a config that says otherwise what it is. */
    @ParameterizedTest
    @CsvSource({
        "rms_norm_eps, 1e-6, rms_norm_eps",
        "rope_theta, 5000, rope_theta",
        "model_type, mistral, model_type",
        "tie_word_embeddings, false, lm_head",
        "sink_token_id, 3, sink_token_id 3"
    })
    void aModelOfAnotherLayoutIsNoBeginning(String field, String value, String told) throws Exception {
        Path model = folder.resolve("other-" + field);
        train(TrainingRun.train(text, model, 1)).succeeded();
        JsonObject config = json(model.resolve("config.json"));
        config.add(field, JsonParser.parseString(value));
        Files.writeString(model.resolve("config.json"), config.toString());

        assertThat(train(TrainingRun.goOn(text, folder.resolve("never"), 1, "--initial-model", model.toString()))
                        .refusal())
                .contains(told);
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void theModelToGoOnFromIsWhatItIs() {
        Path never = folder.resolve("never");

        assertThat(train(TrainingRun.train(text, never, 1, "--initial-model", "builtin"))
                        .refusal())
                .contains("--vocabulary: --initial-model builtin is what it is; leave one of the two out");
        assertThat(train(TrainingRun.goOn(text, never, 1, "--initial-model", "no-such-model"))
                        .refusal())
                .contains("--initial-model \"no-such-model\": no such model");
        assertThat(never).doesNotExist();
    }

    @Test
    void bfloat16IsHalfTheSizeAndSaysSo() throws Exception {
        Path model = folder.resolve("model-half");

        train(TrainingRun.train(text, model, 2, "--save-dtype", "bfloat16")).succeeded();

        JsonObject config = json(model.resolve("config.json"));
        assertThat(config.get("torch_dtype").getAsString()).isEqualTo("bfloat16");
        Path whole = folder.resolve("model-whole");
        train(TrainingRun.train(text, whole, 2)).succeeded();
        assertThat(Files.size(model.resolve("model.safetensors")))
                .isBetween(
                        Files.size(whole.resolve("model.safetensors")) / 2,
                        Files.size(whole.resolve("model.safetensors")) / 2 + 4096);
    }

    @Test
    void twoReplicasMeetForTheMean() throws Exception {
        Path model = folder.resolve("model-two");

        train(TrainingRun.train(text, model, STEPS, "--replicas", "2", "--batch", "8", "--average-every", "4"))
                .succeeded();

        List<String> log = Files.readAllLines(model.resolve("loss.csv"));
        assertThat(number(log.get(STEPS), 1)).as("tokens of both").isEqualTo(2.0 * STEPS * 8 * 32);
        assertThat(number(log.get(STEPS), 3)).isLessThan(2);
    }

    @Test
    void rowsThatCanNotBeUsedAreCounted() throws Exception {
        Path bad = Files.writeString(
                folder.resolve("bad.jsonl"),
                Files.readString(text)
                        + "{\"key\": null, \"seq\": 1, \"text\": \"no key\"}\n"
                        + "{\"key\": \"k1\", \"seq\": null, \"text\": \"no order\"}\n"
                        + "{\"key\": \"k1\", \"seq\": 2, \"text\": null}\n");

        Command run =
                train(TrainingRun.train(bad, folder.resolve("model-bad"), 1)).succeeded();

        assertThat(run.out()).contains("3 rows were left out");
    }

    @Test
    void tokenIdsNeedNoTokenizer() throws Exception {
        StringBuilder rows = new StringBuilder();
        for (int seq = 0; seq < 200; seq++) {
            rows.append(String.format(
                    Locale.ROOT, "{\"key\": \"k\", \"seq\": %d, \"ids\": [1, 2, 3, %d]}%n", seq, 4 + seq % 3));
        }
        Path ids = Files.writeString(folder.resolve("ids.jsonl"), rows.toString());
        Path model = folder.resolve("model-ids");

        Command run = train(TrainingRun.train(ids, model, 5, "--tokens", "ids")).succeeded();

        assertThat(model.resolve("tokenizer.json")).doesNotExist();
        // The learned sink is one more than the ids.
        assertThat(run.out()).contains("a vocabulary of 301");
    }

    @Test
    void aTokenizerThatIsThereIsTaken() throws Exception {
        Path first = folder.resolve("model-first");
        train(TrainingRun.train(text, first, 1)).succeeded();
        Path second = folder.resolve("model-second");

        train(TrainingRun.train(
                        text,
                        second,
                        1,
                        "--tokenizer",
                        first.resolve("tokenizer.json").toString()))
                .succeeded();

        assertThat(second.resolve("tokenizer.json")).hasSameTextualContentAs(first.resolve("tokenizer.json"));
        assertThat(second.resolve("model.safetensors")).hasSameBinaryContentAs(first.resolve("model.safetensors"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            --heads 3              | --heads: 3 does not divide --hidden-size 32 into heads of an even size
            --key-value-heads 3    | --key-value-heads: 3 does not divide --heads 2
            --dtype int8           | --dtype: training computes in auto, float32 or bfloat16, not int8
            --replicas 3           | --replicas: 3 need as many task slots, and local[2] has 2
            --learning-rate 11     | --learning-rate
            --vocabulary 200       | --vocabulary
            --sink some            | --sink
            --text missing         | --text: there is no column missing
            --tokenizer nowhere    | nowhere
            """)
    void whatCanBeMendedIsToldInOneLine(String options, String told) {
        String line = train(TrainingRun.train(text, folder.resolve("never"), 1, options.split(" ")))
                .refusal();

        assertThat(line).contains(told);
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void aTextShorterThanASampleIsRefused() {
        Command run = train(TrainingRun.train(text, folder.resolve("short"), 1, "--context", "100000"));

        assertThat(run.code()).as(run.err()).isEqualTo(2);
        // It took reading the text to know, and on a busy machine that was told of.
        assertThat(run.err().lines().reduce((a, b) -> b)).hasValueSatisfying(line -> assertThat(line)
                .contains("--input: its text has less than one sample of --context 100000 tokens"));
        assertThat(folder.resolve("short")).doesNotExist();
    }

    @Test
    void anOutputThatHasAModelIsLeftAlone() throws Exception {
        Path model = folder.resolve("model-there");
        train(TrainingRun.train(text, model, 1)).succeeded();

        assertThat(train(TrainingRun.train(text, model, 1)).refusal()).contains("--output", "has a model");
    }

    @Test
    void aLossThatIsNoNumberEndsTheTraining() {
        Command run = train(TrainingRun.train(
                text, folder.resolve("wild"), 50, "--learning-rate", "10", "--weight-decay", "10", "--warmup", "0"));

        assertThat(run.code()).as(run.err()).isEqualTo(1);
        assertThat(run.err().lines().reduce((a, b) -> b)).hasValueSatisfying(line -> assertThat(line)
                .contains("--learning-rate", "train again with a smaller one"));
    }
}
