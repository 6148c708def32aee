package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.djl.StreamTranslatorFactory;
import io.sinkstream.harness.Command;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that a command has made DJL's gives there what the command {@code score}, and {@code generate}, writes. */
class DjlCommandTest {
    private static final List<String> TEXTS = List.of("Once there was a dog.", "é, and a red ball", "x");

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws Exception {
        model = TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(folder.resolve("model"));
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < TEXTS.size(); i++) {
            rows.append(String.format("{\"key\": %d, \"text\": \"%s\"}%n", i, TEXTS.get(i)));
        }
        Files.writeString(folder.resolve("rows.jsonl"), rows);
    }

    private List<Row> rows(String command, String... more) {
        Path output = folder.resolve("rows." + command);
        List<String> args = new ArrayList<>(List.of(
                command,
                "--model",
                model.toString(),
                "--input",
                folder.resolve("rows.jsonl").toString(),
                "--key",
                "key",
                "--attention-sink-window-size",
                "9",
                "--output",
                output.toString()));
        args.addAll(List.of(more));
        Command.run(args.toArray(String[]::new)).succeeded();
        return Command.spark().read().parquet(output.toString()).orderBy("key").collectAsList();
    }

    @Test
    void itScoresAsTheCommandDoes() throws Exception {
        Command written = Command.alone(
                        "djl", "score", "--model", model.toString(), "--attention-sink-window-size", "9")
                .succeeded();
        assertThat(written.out()).isEqualTo(model.resolve("serving.properties") + System.lineSeparator());
        List<Row> scored = rows("score", "--token-nll");

        Criteria<String, float[]> criteria = Criteria.builder()
                .setTypes(String.class, float[].class)
                .optModelPath(model)
                .optTranslatorFactory(new StreamTranslatorFactory())
                .build();
        try (ZooModel<String, float[]> loaded = criteria.loadModel();
                Predictor<String, float[]> predictor = loaded.newPredictor()) {
            List<float[]> nlls = predictor.batchPredict(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                List<Double> wanted = scored.get(i).getList(scored.get(i).fieldIndex("token_nll"));
                assertThat(nlls.get(i)).hasSize(wanted.size());
                assertThat(wanted.get(0)).isNull();
                assertThat(nlls.get(i)[0]).isNaN();
                for (int token = 1; token < wanted.size(); token++) {
                    assertThat((double) nlls.get(i)[token])
                            .as("%s, token %d", TEXTS.get(i), token)
                            .isCloseTo(wanted.get(token), within(1e-4));
                }
            }
        }
    }

    @Test
    void itContinuesAsTheCommandDoesFromAFolderOfItsOwn() throws Exception {
        Path own = folder.resolve("djl/own");
        Command.alone(
                        "djl",
                        "generate",
                        "--model",
                        model.toString(),
                        "--attention-sink-window-size",
                        "9",
                        "--max-new-tokens",
                        "6",
                        "--ignore-eos",
                        "--template",
                        "Q: {text}\\nA:",
                        "--logit-bias",
                        "7=-2.5",
                        "--output",
                        own.toString())
                .succeeded();
        assertThat(Files.exists(model.resolve("serving.properties"))).isFalse();
        List<Row> continued = rows(
                "generate",
                "--max-new-tokens",
                "6",
                "--ignore-eos",
                "--template",
                "Q: {text}\\nA:",
                "--logit-bias",
                "7=-2.5");

        Criteria<Input, Output> criteria = Criteria.builder()
                .setTypes(Input.class, Output.class)
                .optModelPath(own)
                .build();
        try (ZooModel<Input, Output> loaded = criteria.loadModel();
                Predictor<Input, Output> predictor = loaded.newPredictor()) {
            for (int i = 0; i < TEXTS.size(); i++) {
                Input input = new Input();
                input.add(TEXTS.get(i));
                JsonObject result = JsonParser.parseString(
                                predictor.predict(input).getData().getAsString())
                        .getAsJsonObject();
                assertThat(result.get("continuation").getAsString())
                        .isEqualTo(continued.get(i).getAs("continuation"));
                assertThat(result.get("nll").getAsDouble())
                        .isCloseTo(continued.get(i).getAs("nll"), within(1e-3));
            }
        }
    }

    @Test
    void aFileThatIsThereIsNotReplacedUnasked() {
        String[] command = {"djl", "score", "--model", model.toString()};
        Command.alone(command).succeeded();

        assertThat(Command.alone(command).refusal())
                .isEqualTo("sinkstream djl score: --output: " + model.resolve("serving.properties")
                        + " exists; remove it, or give --overwrite");
        Command.alone("djl", "score", "--model", model.toString(), "--overwrite")
                .succeeded();
    }

    @Test
    void aModelByNameNeedsAFolderOfItsOwn() throws Exception {
        assertThat(Command.alone("djl", "score", "--model", "builtin").refusal())
                .isEqualTo(
                        "sinkstream djl score: --output is missing: builtin is a name, and its folder is a cache's; give a"
                                + " folder to write into");
        Path own = folder.resolve("own");
        Command.alone("djl", "score", "--model", "builtin", "--output", own.toString())
                .succeeded();
        assertThat(Files.readString(own.resolve("serving.properties"))).contains("spark.sinkstream.model=builtin\n");
    }

    @Test
    void whatTheFileHasNoPlaceForIsRefused() {
        assertThat(Command.alone("djl", "generate", "--model", model.toString(), "--stop", "a", "--stop", "b")
                        .refusal())
                .contains("--stop: a, b; a file of properties has a place for one");
        assertThat(Command.alone(
                                "djl",
                                "score",
                                "--model",
                                folder.resolve("none").toString())
                        .refusal())
                .contains("no such model");
    }
}
