package io.sinkstream.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options over the checkpoint's file over transformers' defaults. */
class GenerationConfigTest {
    @TempDir
    private Path folder;

    private GenerationConfig file(String json) throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), json);
        return GenerationConfig.of(folder);
    }

    private static SettingValues options(String... namesAndValues) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            given.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return SettingValues.of(given);
    }

    @Test
    void withoutAFileAndOptionsTheLikeliestTokenIsTaken() {
        GenerationConfig none = GenerationConfig.of(folder);

        assertThat(none.sampling(options())).isEqualTo(Sampling.GREEDY);
        assertThat(none.maxNewTokens(options())).isEqualTo(128);
        assertThat(none.sampling(options("do-sample", "true")).draw()).isEqualTo(new Draw(1, 50, 1, 0, 1, 0));
    }

    @Test
    void theFileGivesDefaults() throws IOException {
        GenerationConfig file = file(
                """
                {"do_sample": true, "temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.1, "eos_token_id": [1, 2],
                 "suppress_tokens": [7], "bad_words_ids": [[3, 4]], "max_new_tokens": 77, "stop_strings": "###",
                 "num_beams": 1, "top_k": 20, "penalty_alpha": null, "transformers_version": "4.57.1"}
                """);

        Sampling sampling = file.sampling(options("top-k", "0", "seed", "5"));
        assertThat(sampling.draw()).isEqualTo(new Draw(0.6, 0, 0.9, 0, 1, 5));
        assertThat(sampling.penalties().repetition()).isEqualTo(1.1);
        assertThat(sampling.bans()).isEqualTo(new Bans(0, List.of(List.of(3, 4)), 0, Set.of(7)));
        assertThat(sampling.stops().texts()).containsExactly("###");
        assertThat(file.maxNewTokens(options())).isEqualTo(77);
        assertThat(file.maxNewTokens(options("max-new-tokens", "5"))).isEqualTo(5);
        assertThat(file.sampling(options("do-sample", "false")).draw()).isNull();
        assertThat(file.warnings(options("temperature", "0.5"))).isEmpty();
    }

    /** As transformers has it: both, and no chance. */
    @Test
    void contrastNeedsAnAlphaAndTwoTokensAndNoChance() throws IOException {
        GenerationConfig file = file("{\"penalty_alpha\": 0.6, \"top_k\": 4}");

        assertThat(file.sampling(options()).contrast()).isEqualTo(new Contrast(0.6, 4));
        assertThat(file.sampling(options("top-k", "1"))).isEqualTo(Sampling.GREEDY);
        assertThat(file.sampling(options("penalty-alpha", "0"))).isEqualTo(Sampling.GREEDY);
        assertThat(file.sampling(options("do-sample", "true")).contrast()).isNull();
        GenerationConfig none = file("{}");
        assertThat(none.sampling(options("penalty-alpha", "0.5")).contrast()).isEqualTo(new Contrast(0.5, 50));
        assertThat(none.warnings(options("penalty-alpha", "0.5", "top-k", "4"))).isEmpty();
        assertThat(none.warnings(options("penalty-alpha", "0.5", "top-k", "1")))
                .containsExactly(
                        "--penalty-alpha does nothing with --top-k below 2",
                        "--top-k does nothing without --do-sample");
        assertThat(none.warnings(options("penalty-alpha", "0.5", "do-sample", "true")))
                .containsExactly("--penalty-alpha does nothing with --do-sample");
    }

    @Test
    void whatDoesNothingIsAWarning() {
        assertThat(GenerationConfig.of(folder).warnings(options("temperature", "0.5", "top-p", "0.9", "stop", "x")))
                .containsExactly(
                        "--temperature does nothing without --do-sample", "--top-p does nothing without --do-sample");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "num_beams; 4; 1",
                "epsilon_cutoff; 0.1; 0",
                "guidance_scale; 1.5; 1",
                "begin_suppress_tokens; [1]; null",
                "forced_eos_token_id; 2; null",
                "token_healing; true; false",
                "min_length; 5; 0"
            })
    void whatIsNotSupportedIsRefusedByName(String field, String value, String supported) {
        assertThatThrownBy(() -> file("{\"" + field + "\": " + value + "}"))
                .isInstanceOf(UserException.class)
                .hasMessageEndingWith(
                        "generation_config.json: field \"" + field + "\" is " + value + "; supported: " + supported);
    }

    @Test
    void aValueOutOfRangeIsRefusedWhereItCounts() throws IOException {
        assertThatThrownBy(() -> file("{\"penalty_alpha\": 1.5}").sampling(options()))
                .hasMessageEndingWith("field \"penalty_alpha\" is 1.5; supported: a number from 0 to 1");
        GenerationConfig file = file("{\"temperature\": 0.0, \"top_p\": 0}");

        assertThat(file.sampling(options())).isEqualTo(Sampling.GREEDY);
        assertThatThrownBy(() -> file.sampling(options("do-sample", "true")))
                .isInstanceOf(UserException.class)
                .hasMessageEndingWith("field \"temperature\" is 0.0; supported: a number above 0");
        assertThatThrownBy(() -> file.sampling(options("do-sample", "true", "temperature", "1")))
                .hasMessageEndingWith("field \"top_p\" is 0; supported: a number above 0, at most 1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "temperature | 0 | a number above 0.0, at most 1000000.0",
                "temperature | -1 | a number above 0.0, at most 1000000.0",
                "top-p | 0 | a number above 0.0, at most 1.0",
                "top-p | 1.1 | a number above 0.0, at most 1.0",
                "top-k | -1 | a whole number from 0 to 2147483647",
                "min-p | 2 | a number from 0.0 to 1.0",
                "repetition-penalty | 0 | a number above 0.0, at most 1000000.0",
                "frequency-penalty | 3 | a number from -2.0 to 2.0",
                "bad-words-ids | 1;;2 | lists of token ids joined by semicolons, such as 12,7;99",
                "suppress-tokens | a | token ids joined by commas, such as 5,17",
                "logit-bias | 5=200 | a token id, = and a number from -100 to 100"
            })
    void anOptionOutOfRangeIsRefused(String option, String value, String allowed) {
        assertThatThrownBy(() -> options(option, value))
                .isInstanceOf(UserException.class)
                .hasMessage("--" + option + ": \"" + value + "\" is wrong; allowed is " + allowed);
    }

    @Test
    void anEmptyStopTextIsRefused() {
        assertThatThrownBy(() -> options("stop", "")).hasMessage("--stop: a text is empty; allowed is any other");
    }

    @Test
    void aTokenThatTheModelHasNotIsRefused() {
        Sampling sampling = GenerationConfig.of(folder).sampling(options("suppress-tokens", "5,131"));

        assertThat(sampling.problem(132)).isEmpty();
        assertThat(sampling.problem(131))
                .contains("token 131 of the sampling options is outside the vocabulary, 0 to 130");
    }
}
