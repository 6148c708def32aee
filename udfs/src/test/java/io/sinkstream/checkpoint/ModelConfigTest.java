package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fields are read as their type and nothing else; errors name file, field, value and what is allowed. */
class ModelConfigTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("config.json");
    }

    private ModelConfig config(String json) {
        try {
            return ModelConfig.read(Files.writeString(file, json));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void fieldsAreReadAsTheirType() {
        ModelConfig config = config(
                """
                {"model_type": "llama", "hidden_size": 64, "whole": 8.0, "rms_norm_eps": 1e-05, "tied": true,
                 "rope_scaling": {"rope_type": "llama3", "factor": 8, "inner": {"x": 1}}, "nothing": null}
                """);

        assertThat(config.modelType()).isEqualTo("llama");
        assertThat(config.requireInt("hidden_size", 1)).isEqualTo(64);
        assertThat(config.requireInt("whole", 8)).isEqualTo(8);
        assertThat(config.optInt("hidden_size", 7)).isEqualTo(64);
        assertThat(config.optDouble("rms_norm_eps")).contains(1e-5);
        assertThat(config.optDouble("hidden_size")).contains(64.0);
        assertThat(config.optBoolean("tied", false)).isTrue();
        assertThat(config.optString("model_type")).contains("llama");
        ModelConfig scaling = config.optObject("rope_scaling").orElseThrow();
        assertThat(scaling.optString("rope_type")).contains("llama3");
        assertThat(scaling.optDouble("factor")).contains(8.0);
        assertThat(config.has("tied")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "absent"})
    void nullCountsAsAbsent(String field) {
        ModelConfig config = config("{\"nothing\": null}");

        assertThat(config.has(field)).isFalse();
        assertThat(config.optInt(field, 7)).isEqualTo(7);
        assertThat(config.optDouble(field)).isEmpty();
        assertThat(config.optBoolean(field, true)).isTrue();
        assertThat(config.optString(field)).isEmpty();
        assertThat(config.optObject(field)).isEmpty();
        assertThat(refusal(() -> config.requireInt(field, 1)))
                .isEqualTo(file + ": field \"" + field + "\" is missing; expected a whole number of at least 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"abc\"", "\"8\"", "1.5", "0", "-3", "true", "[1]", "{}", "2147483648", "1E+400"})
    void aRequiredNumberMustBeWholeAndLargeEnough(String value) {
        ModelConfig config = config("{\"x\": " + value + "}");

        assertThat(refusal(() -> config.requireInt("x", 1)))
                .isEqualTo(file + ": field \"x\" is " + value + "; expected a whole number of at least 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"abc\"", "1.5", "false", "-2147483649", "1E-400"})
    void anOptionalNumberThatIsThereMustBeWholeToo(String value) {
        ModelConfig config = config("{\"x\": " + value + "}");

        assertThat(refusal(() -> config.optInt("x", 1)))
                .isEqualTo(file + ": field \"x\" is " + value + "; expected a whole number of 32 bits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"1\"", "true", "1E+400", "-1E+400", "[]"})
    void aRealNumberMustBeFinite(String value) {
        ModelConfig config = config("{\"x\": " + value + "}");

        assertThat(refusal(() -> config.optDouble("x")))
                .isEqualTo(file + ": field \"x\" is " + value + "; expected a finite number");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"true\"", "1", "0", "[true]"})
    void aMisspeltBooleanIsNotFalse(String value) {
        ModelConfig config = config("{\"x\": " + value + "}");

        assertThat(refusal(() -> config.optBoolean("x", true)))
                .isEqualTo(file + ": field \"x\" is " + value + "; expected true or false");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "[\"a\"]"})
    void aStringIsAString(String value) {
        ModelConfig config = config("{\"x\": " + value + "}");

        assertThat(refusal(() -> config.optString("x")))
                .isEqualTo(file + ": field \"x\" is " + value + "; expected a string");
        assertThat(refusal(() -> config.optObject("x")))
                .isEqualTo(file + ": field \"x\" is " + value + "; expected an object");
    }

    @Test
    void aNestedFieldIsNamedByItsPath() {
        ModelConfig scaling = config(
                        "{\"rope_scaling\": {\"factor\": \"big\", \"rope_type\": \"yarn\", \"in\": {\"x\": []}}}")
                .optObject("rope_scaling")
                .orElseThrow();

        assertThat(refusal(() -> scaling.optDouble("factor")))
                .isEqualTo(file + ": field \"rope_scaling.factor\" is \"big\"; expected a finite number");
        assertThat(refusal(() -> scaling.requireInt("original_max_position_embeddings", 1)))
                .isEqualTo(
                        file + ": field \"rope_scaling.original_max_position_embeddings\" is missing; expected a whole"
                                + " number of at least 1");
        assertThat(refusal(() -> scaling.optObject("in").orElseThrow().optInt("x", 0)))
                .startsWith(file + ": field \"rope_scaling.in.x\" is []; ");
        assertThat(scaling.unsupported("rope_type", "linear, llama3"))
                .isInstanceOf(UserException.class)
                .hasMessage(file + ": field \"rope_scaling.rope_type\" is \"yarn\"; supported: linear, llama3");
    }

    @Test
    void aModelTypeMustBeThere() {
        assertThat(refusal(() -> config("{}").modelType()))
                .isEqualTo(file + ": field \"model_type\" is missing; expected a string, such as \"llama\"");
    }

    @Test
    void aLongValueIsShortened() {
        ModelConfig config = config("{\"x\": \"" + "y".repeat(10_000) + "\\n\"}");

        assertThat(refusal(() -> config.requireInt("x", 1)))
                .hasSizeLessThan(300 + file.toString().length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{\"x\": 1         | is not valid JSON: End of input",
                "{\"x\": NaN}      | is not valid JSON: ",
                "{\"x\": Infinity} | is not valid JSON: ",
                "{'x': 1}          | is not valid JSON: ",
                "{\"x\": 1,}       | is not valid JSON: ",
                "{} {}             | is not valid JSON: ",
                "{\"x\":1,\"x\":2} | is not valid JSON: key \"x\" stands there twice",
                "{\"x\": 1e99999999999} | is not valid JSON: number 1e99999999999 out of range at path $.x",
                "[1]               | is a list; expected an object",
                "3                 | is a number; expected an object",
                "^^                | is empty; expected JSON; download it again",
            })
    void whatIsNoJsonObjectIsRefused(String json, String message) {
        assertThat(refusal(() -> config(json))).startsWith(file + ": " + message);
    }

    @Test
    void notANumberIsNamedByItsPlace() {
        assertThat(refusal(() -> config("{\"rope_theta\": NaN}"))).endsWith("path $.rope_theta");
    }

    @Test
    void deepNestingEndsInAnErrorNotInAStackOverflow() {
        assertThat(refusal(() -> config("{\"x\": " + "[".repeat(1_000_000)))).contains("Nesting limit 64");
    }

    @Test
    void anEndlessNumberIsRefusedBeforeItIsConverted() {
        assertThat(refusal(() -> config("{\"x\": " + "7".repeat(500) + "}")))
                .isEqualTo(file + ": is not valid JSON: a number of 500 characters at path $.x");
        assertThat(refusal(() -> config("{\"x\": " + "7".repeat(5_000_000) + "}")))
                .isEqualTo(file + ": is not valid JSON: unexpected characters at line 1 column 7 path $.x");
    }

    @Test
    void aFileOfManyMegabytesIsNoConfig() throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength((16 << 20) + 1);
        }

        assertThat(refusal(() -> ModelConfig.read(file)))
                .isEqualTo(file + ": has 16777217 bytes; expected at most 16777216 in such a file");
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws IOException {
        Files.write(file, "{\"x\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(refusal(() -> ModelConfig.read(file))).isEqualTo(file + ": is not valid UTF-8; the file is damaged");
    }
}
