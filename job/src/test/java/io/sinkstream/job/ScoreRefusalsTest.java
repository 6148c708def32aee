package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.Setting;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the user can mend is told in one line, with exit code 2, before a job starts. */
class ScoreRefusalsTest {
    @TempDir
    private Path folder;

    private Path model;
    private Path input;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        input = Files.writeString(
                folder.resolve("rows.jsonl"), "{\"key\": \"a\", \"seq\": 1, \"text\": \"x\", \"ids\": [3, 4]}\n");
    }

    private Command score(String... more) {
        return Command.run(
                Map.of("--model", model.toString(), "--input", input.toString(), "--key", "key", "--order", "seq"),
                more);
    }

    @Test
    void helpNamesEverySettingOnce() {
        Command help = Command.alone("score", "--help");
        assertThat(help.code()).isZero();
        for (Setting<?> setting : new ScoreCommand().settings()) {
            assertThat(help.out()).containsPattern("(?m)^ +" + setting.option() + "\\b");
            setting.fallback()
                    .filter(text -> setting.shape() == Setting.Shape.VALUE && !text.isEmpty())
                    .ifPresent(text ->
                            assertThat(help.out().replaceAll("\\s+", " ")).contains("Default: " + text));
        }
        assertThat(help.out()).contains("Examples:").contains("--key meeting");
        assertThat(Command.alone("--help").out()).contains("score");
        assertThat(Command.alone("--version").out()).startsWith("sinkstream ");
    }

    @Test
    void aTokenizerThatIsNoneIsToldBeforeAJobStarts() throws IOException {
        Path tokenizer = Files.writeString(model.resolve("tokenizer.json"), "{\"model\":{\"type\":\"Nonsense\"}}");

        assertThat(score("--output", folder + "/out").refusal())
                .startsWith("sinkstream score: " + tokenizer + ": not a tokenizer (");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aCommandIsAskedFor() {
        assertThat(Command.alone().refusal()).isEqualTo("sinkstream: no command is given (see sinkstream --help)");
        assertThat(Command.alone("scor").refusal()).startsWith("sinkstream: Unmatched argument at index 0: 'scor'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "--atention-sink-size=4;Unknown option: '--atention-sink-size=4'",
                "--attention-sink-size=-1;--attention-sink-size: \"-1\" is wrong; allowed is a whole number from 0",
                "--attention-sink-window-size=0;--attention-sink-window-size: \"0\" is wrong; allowed is a whole",
                "--cache-dtype=int8;--cache-dtype: \"int8\" is not supported yet; allowed is auto, float32 or bfloat16",
                "--device=gpu;--device: there is no GPU that libtorch 2.7.1 can use here; on a machine with one, set PYTORCH_",
                "--cache-memory=1k;--cache-memory: 1024 bytes are less than the",
                "--cache-memory=40k --attention-sink-window-size=100000;--cache-memory: 40960 bytes are less than the",
                "--token-nll=yes;--token-nll: \"yes\" is wrong; allowed is true or false",
                "--top-logprobs=101;--top-logprobs: \"101\" is wrong; allowed is a whole number from 0 to 100",
                "--late=never;--late: \"never\" is wrong; allowed is error, drop or score",
                "--option=header;--option: \"header\" is not of the form KEY=VALUE",
                "--tokens=ids --text=text;--text text and --tokens ids: only one can be given",
                "--text=body;--text: there is no column body; the input has the columns ids, key, seq, text",
                "--text=seq;--text: column seq is of type bigint; allowed is a string",
                "--tokens=text;--tokens: column text is of type string; allowed is an array of whole numbers",
                "--key=meeting;--key: there is no column meeting; the input has the columns ids, key, seq, text",
                "--key=ids;--key: column ids is of type array<bigint>; allowed is a string, number",
                "--order=time;--order: there is no column time; the input has the columns ids, key, seq, text",
                "--format=avrox;--format: ",
                "--schema=key;--schema: ",
                "--output-format=nosuch --output=x;--output-format: ",
            })
    void wrongOptionsAndColumns(String options, String message) {
        assertThat(score(options.split(" ")))
                .extracting(Command::refusal)
                .asString()
                .startsWith("sinkstream score: " + message);
    }

    @Test
    void whatIsMissingIsAskedFor() {
        assertThat(Command.alone("score", "--model", model.toString()).refusal())
                .startsWith("sinkstream score: --input is missing: give it, or set");
        assertThat(Command.alone("score", "--model", model.toString(), "--input", "a/b.dat")
                        .refusal())
                .startsWith("sinkstream score: --format is missing: a/b.dat ends in no way that tells it");
    }

    @Test
    void aConfiguredSettingThatIsUnknownIsRefused() {
        System.setProperty("spark.sinkstream.atention.sink.size", "4");
        try {
            assertThat(score().refusal())
                    .isEqualTo("sinkstream score: spark.sinkstream.atention.sink.size: there is no such setting; the"
                            + " nearest is spark.sinkstream.attention.sink.size");
        } finally {
            System.clearProperty("spark.sinkstream.atention.sink.size");
        }
    }

    @Test
    void anInputThatIsNotThere() {
        assertThat(Command.run("score", "--model", model.toString(), "--input", folder + "/none.jsonl")
                        .refusal())
                .startsWith("sinkstream score: --input: there is no file or folder ")
                .contains("none.jsonl");
    }

    @Test
    void keyAndOrderAreNeededWhereThereAreNoFiles() {
        String[] numbers = {"score", "--model", model.toString(), "--format", NumberSource.class.getName()};
        assertThat(Command.run(numbers).refusal()).startsWith("sinkstream score: --key is missing: only rows of files");
        assertThat(Command.run(Stream.concat(Stream.of(numbers), Stream.of("--key", "text"))
                                .toArray(String[]::new))
                        .refusal())
                .startsWith("sinkstream score: --order is missing: only rows of files");
    }

    @Test
    void outputThatExistsOrTouchesTheInput() throws IOException {
        Path output = Files.createDirectory(folder.resolve("out"));
        assertThat(score("--output", output.toString()).refusal())
                .isEqualTo("sinkstream score: --output: " + output + " exists; remove it, or give --overwrite");
        assertThat(score("--output", input.toString(), "--overwrite").refusal())
                .isEqualTo("sinkstream score: --output: " + input + " and --input " + input
                        + " are the same or one lies in the other; give another path");
        assertThat(score("--output", folder.toString(), "--overwrite").refusal())
                .contains("are the same or one lies in the other");
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
        assertThat(score("--output", link.resolve("rows.jsonl").toString(), "--overwrite")
                        .refusal())
                .contains("are the same or one lies in the other");
        assertThat(score("--output", folder + "/new", "--save-state", folder + "/new/states")
                        .refusal())
                .startsWith("sinkstream score: --save-state: " + folder + "/new/states and --output " + folder
                        + "/new are the same or one lies in the other");
        assertThat(score("--output", folder + "/new", "--save-state", folder + "/new", "--overwrite")
                        .refusal())
                .contains("--save-state: " + folder + "/new and --output " + folder + "/new are the same");
        assertThat(score("--save-state", output.toString()).refusal())
                .startsWith("sinkstream score: --save-state: " + output + " exists");
        assertThat(input).isNotEmptyFile();
    }

    @Test
    void aResultColumnThatExists() throws IOException {
        Files.writeString(input, "{\"key\": \"a\", \"seq\": 1, \"text\": \"x\", \"Error\": \"mine\"}\n");
        assertThat(score().refusal())
                .isEqualTo(
                        "sinkstream score: the input has a column Error already, and the results have one of this name;"
                                + " give the added columns' names a start of their own by --prefix");
        score("--prefix", "s_").succeeded();
    }

    @Test
    void noSuchModel() {
        assertThat(score("--model", folder + "/none").refusal())
                .startsWith("sinkstream score: --model ")
                .contains("no such model");
    }

    @Test
    void aTruncatedModel() throws IOException {
        try (RandomAccessFile weights =
                new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
            weights.setLength(weights.length() - 100);
        }
        assertThat(score().refusal()).contains("model.safetensors");
    }

    @Test
    void anUnknownFamily() throws IOException {
        Path config = model.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config).replaceFirst("\"model_type\": *\"llama\"", "\"model_type\": \"llamma\""));
        assertThat(score().refusal())
                .contains("config.json")
                .contains("model_type")
                .contains("llamma");
    }

    @Test
    void aModelWithoutTokenizerScoresTokensOnly() throws IOException {
        Path bare = TinyModels.of(Shape.llama()).write(folder.resolve("bare"));
        assertThat(score("--model", bare.toString()).refusal())
                .isEqualTo("sinkstream score: --model: " + bare + " has no tokenizer.json, so that no text can be read;"
                        + " add it, or give token ids by --tokens");
        score("--model", bare.toString(), "--tokens", "ids").succeeded();
    }

    @Test
    void moreOfTheLikeliestTokensThanThereAre() throws IOException {
        Shape llama = Shape.llama();
        Path small = TinyModels.of(new Shape(
                        llama.modelType(),
                        1,
                        llama.hidden(),
                        llama.intermediate(),
                        32,
                        llama.heads(),
                        llama.head(),
                        llama.biases(),
                        llama.rope(),
                        0))
                .write(folder.resolve("small"));
        assertThat(score("--model", small.toString(), "--tokens", "ids", "--top-logprobs", "33")
                        .refusal())
                .isEqualTo("sinkstream score: --top-logprobs: 33 is more than the 32 tokens of " + small
                        + "'s vocabulary");
    }
}
