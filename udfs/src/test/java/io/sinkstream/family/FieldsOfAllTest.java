package io.sinkstream.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fields that are alike in all families, and what a table of one value each can't say. */
class FieldsOfAllTest extends ConfigTrial {
    static Stream<String> checkpoints() {
        return Golden.own().stream();
    }

    /** What every config may say and no number depends on. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void whatIsNotForInferenceIsPassedOver(String name) {
        Golden.own(name, folder);
        DecoderSpec before = spec();
        Map.of(
                        "max_position_embeddings", "8",
                        "torch_dtype", "\"float16\"",
                        "dtype", "\"bfloat16\"",
                        "transformers_version", "\"0\"",
                        "architectures", "[\"Other\"]",
                        "auto_map", "{}",
                        "use_cache", "false",
                        "initializer_range", "1.0",
                        "attention_dropout", "0.5",
                        "hidden_dropout", "0.5")
                .forEach(this::set);
        set("tokenizer_class", "\"Other\"");
        set("pad_token_id", "7");
        assertThat(spec()).isEqualTo(before);
    }

    /** What other families have, or checkpoints that are no plain weights, and none of these reads. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void whatNoFamilyDoesIsRefusedByAll(String name) {
        List<String[]> fields = List.of(
                new String[] {"attn_logit_softcapping", "50.0"},
                new String[] {"final_logit_softcapping", "30.0"},
                new String[] {"query_pre_attn_scalar", "256"},
                new String[] {"scale_attn_by_inverse_layer_idx", "true"},
                new String[] {"num_experts", "8"},
                new String[] {"num_local_experts", "8"},
                new String[] {"n_routed_experts", "64"},
                new String[] {"quantization_config", "{\"quant_method\":\"gptq\"}"},
                new String[] {"compression_config", "{\"format\":\"int-quantized\"}"},
                new String[] {"peft_config", "{\"peft_type\":\"LORA\"}"},
                new String[] {"layer_types", "[\"chunked_attention\"]"},
                new String[] {"layer_types", "[\"linear_attention\",\"full_attention\"]"},
                new String[] {"no_rope_layers", "[1,0]"},
                new String[] {"attention_chunk_size", "8192"},
                new String[] {"kv_lora_rank", "512"},
                new String[] {"num_kv_shared_layers", "2"});
        for (String[] field : fields) {
            Golden.own(name, folder);
            set(field[0], field[1]);
            assertThatThrownBy(this::spec)
                    .as("%s with %s", name, field[0])
                    .isInstanceOf(UserException.class)
                    .hasMessageStartingWith(folder.resolve("config.json") + ": field \"" + field[0] + "\" is "
                            + field[1] + "; supported: ")
                    .hasMessageNotContaining("\n");
        }
    }

    /** Positions that are stretched or hidden in ways that are not built in, in every family that rotates. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void otherScalingsOfPositionsAreRefusedByAll(String name) {
        for (String type : List.of("yarn", "longrope", "dynamic", "proportional")) {
            Golden.own(name, folder);
            remove("rope_parameters");
            set("rope_scaling", "{\"rope_type\": \"" + type + "\", \"factor\": 2.0}");
            assertThatThrownBy(this::spec)
                    .as("%s with %s", name, type)
                    .isInstanceOf(UserException.class)
                    .hasMessageStartingWith(folder.resolve("config.json") + ": field \"rope_scaling")
                    .hasMessageContaining(type)
                    .hasMessageNotContaining("\n");
        }
    }

    static Stream<String> checkpointsWithoutWindows() {
        return checkpoints().filter(name -> !name.startsWith("granite_swa"));
    }

    /** A window that hides keys; Granite's own layers keep to theirs. */
    @ParameterizedTest
    @MethodSource("checkpointsWithoutWindows")
    void aNarrowSlidingWindowIsRefusedByAll(String name) {
        Golden.own(name, folder);
        setSlidingWindow(name, 32);
        assertThatThrownBy(this::spec)
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith(
                        folder.resolve("config.json") + ": field \"sliding_window\" is 32; supported: ");
    }

    /** Whichever layers have it. */
    @ParameterizedTest
    @ValueSource(strings = {"llama_softmax1", "phi3", "qwen2_untied", "qwen3_bias"})
    void aWideSlidingWindowChangesNothing(String name) {
        Golden.own(name, folder);
        DecoderSpec before = spec();
        setSlidingWindow(name, 33);
        set("layer_types", "[\"full_attention\", \"sliding_attention\"]");
        assertThat(spec()).isEqualTo(before);

        remove("sliding_window");
        assertRefused(
                "layer_types",
                "is [\"full_attention\",\"sliding_attention\"]; supported: full_attention for all layers, as there is no"
                        + " sliding_window");
    }

    /** With the flag, without which the window of Qwen 2 and 3 means nothing; other families do not know it. */
    private void setSlidingWindow(String name, int window) {
        if (name.startsWith("qwen2") || name.startsWith("qwen3")) {
            set("use_sliding_window", "true");
        }
        set("sliding_window", Integer.toString(window));
    }

    /** The first upload of Qwen had GPT-2's names for the sizes. */
    @Test
    void qwensFirstSpellingIsTheSame() throws IOException {
        Golden.own("qwen", folder);
        DecoderSpec before = spec();
        JsonObject config = config();
        Map.of(
                        "hidden_size", "n_embd",
                        "num_hidden_layers", "n_layer",
                        "num_attention_heads", "n_head",
                        "intermediate_size", "ffn_hidden_size",
                        "max_position_embeddings", "n_positions",
                        "vocab_size", "padded_vocab_size")
                .forEach((later, first) -> config.add(first, config.remove(later)));
        config.addProperty("vocab_size", 90);
        config.addProperty("activation", "swiglu");
        config.addProperty("pos_emb", "rotary");
        Files.writeString(folder.resolve("config.json"), config.toString());
        assertThat(spec()).isEqualTo(before);
    }

    /** Layers of one kind share a cache and its window: full and sliding, and those of another base. */
    @Test
    void aGranitesLayersAreOfAsManyKindsAsTheyDiffer() {
        Golden.own("granite_swa", folder);
        assertThat(spec().kindOf()).containsExactly(0, 1, 0);
        Golden.own("granite_swa_nope", folder);
        assertThat(spec().kindOf()).containsExactly(0, 1, 2);
        assertThat(spec().kinds().get(0).positions()).isEqualTo(new DecoderSpec.Rotary(List.of()));
        assertThat(spec().historyTokens(RULE)).isEqualTo(28 + 9 + 28);
    }

    /** The published BTLM stores its slopes; another table of positions would be one more thing to add. */
    @Test
    void aStoredTensorThatFollowsFromTheConfigIsPassedOver() {
        assertThat(new BtlmFamily().ignores("transformer.relative_pe.slopes")).isTrue();
        assertThat(new BtlmFamily().ignores("transformer.wpe.weight")).isFalse();
    }
}
