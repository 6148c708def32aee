package io.sinkstream.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.Golden;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every field that a family publishes, set to another value. A field that changes numbers must not be passed over: either the
 * decoder becomes another, or the checkpoint is refused. Equal specs are equal numbers, as nothing else of a config is used.
 */
class FieldsTest extends ConfigTrial {
    /**
     * The outcome is "same" or "other" for a decoder that is the same or another, "tensors" where the checkpoint's tensors are no
     * longer those that the config calls for, and else what is said of the field.
     */
    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource(
            delimiter = '|',
            maxCharsPerColumn = 1000,
            value = {
                // Falcon. Grouped heads and rotation mean nothing to the sequential layout with ALiBi.
                "falcon_rw | layer_norm_epsilon | 1e-6 | other",
                "falcon_rw | alibi | false | other",
                "falcon_rw | alibi | absent | other",
                "falcon_rw | multi_query | true | tensors",
                "falcon_rw | parallel_attn | true | tensors",
                "falcon_rw | bias | false | tensors",
                "falcon_rw | new_decoder_architecture | true | tensors",
                "falcon_rw | num_kv_heads | 3 | same",
                "falcon_rw | num_ln_in_parallel_attn | 1 | same",
                "falcon_rw | num_ln_in_parallel_attn | 3 | is 3; supported: 1 or 2",
                "falcon_rw | ffn_hidden_size | 192 | same",
                "falcon_rw | ffn_hidden_size | 100 | tensors",
                "falcon_rw | ff_factor | 4 | same",
                "falcon_rw | activation | \"gelu_new\" | other",
                "falcon_rw | activation | \"relu\" | is \"relu\"; supported: gelu, gelu_new, gelu_fast or gelu_pytorch_tanh",
                "falcon_rw | rope_theta | 500000.0 | same",
                "falcon_rw | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | is {\"type\":\"linear\",\"factor\":2.0}; supported: no value in the family falcon",
                "falcon_rw | apply_residual_connection_post_layernorm | true | same",
                "falcon_rw | tie_word_embeddings | false | tensors",
                "falcon_mqa_sequential | multi_query | false | tensors",
                "falcon_mqa_sequential | parallel_attn | true | tensors",
                "falcon_mqa_sequential | rope_theta | 500000.0 | other",
                "falcon_mqa_sequential | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | other",
                "falcon_mqa_sequential | alibi | true | other",
                "falcon11 | multi_query | false | same",
                "falcon11 | parallel_attn | false | same",
                "falcon11 | num_kv_heads | 4 | tensors",
                "falcon11 | num_kv_heads | 3 | is 3; supported: a divisor of num_attention_heads, 4",
                "falcon11 | num_ln_in_parallel_attn | 2 | tensors",
                "falcon11 | num_ln_in_parallel_attn | null | tensors",
                "falcon11 | tie_word_embeddings | absent | other",
                "falcon11 | rope_theta | 10000.0 | other",
                "falcon11 | ff_factor | 3 | same",
                // GPT-NeoX.
                "gpt_neox_sequential | intermediate_size | 100 | tensors",
                "gpt_neox_sequential | hidden_act | \"gelu_fast\" | other",
                "gpt_neox_sequential | hidden_act | \"relu\" | is \"relu\"; supported: gelu, gelu_new, gelu_fast or gelu_pytorch_tanh",
                "gpt_neox_sequential | layer_norm_eps | 1e-6 | other",
                "gpt_neox_sequential | rotary_pct | 0.25 | other",
                "gpt_neox_sequential | rotary_pct | 0.3 | other",
                "gpt_neox_sequential | rotary_emb_base | 500 | other",
                "gpt_neox_sequential | rope_theta | 500.0 | is 500.0; supported: what another field says, 10000.0",
                "gpt_neox_sequential | rope_theta | 10000 | same",
                "gpt_neox_sequential | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | other",
                "gpt_neox_sequential | use_parallel_residual | true | other",
                "gpt_neox_sequential | tie_word_embeddings | true | other",
                "gpt_neox_sequential | attention_bias | false | tensors",
                "gpt_neox_sequential | classifier_dropout | 0.5 | same",
                // MPT.
                "mpt_full | expansion_ratio | 3 | tensors",
                "mpt_full | no_bias | true | tensors",
                "mpt_full | no_bias | absent | tensors",
                "mpt_full | norm_type | \"layernorm\" | same",
                "mpt_full | norm_type | \"rmsnorm\" | is \"rmsnorm\"; supported: low_precision_layernorm or layernorm",
                "mpt_full | layer_norm_epsilon | 1e-6 | other",
                "mpt_full | logit_scale | 0.5 | other",
                "mpt_full | logit_scale | \"inv_sqrt_d_model\" | other",
                "mpt_full | logit_scale | \"half\" | is \"half\"; supported: a number or inv_sqrt_d_model",
                "mpt_full | learned_pos_emb | false | same",
                "mpt_full | embedding_fraction | 0.5 | same",
                "mpt_full | emb_pdrop | 0.5 | same",
                "mpt_full | resid_pdrop | 0.5 | same",
                "mpt_full | init_device | \"meta\" | same",
                "mpt_full | verbose | 2 | same",
                "mpt_full | tokenizer_name | \"gpt2\" | same",
                "mpt_full | max_seq_len | 8 | same",
                "mpt_full | tie_word_embeddings | false | tensors",
                "mpt_full | attn_config | null | is missing; supported: an object, with alibi true",
                "mpt_full | attn_config.alibi | false | is false; supported: true: learned positions end, and a stream does not",
                "mpt_full | attn_config.alibi_bias_max | 16 | other",
                "mpt_full | attn_config.clip_qkv | null | other",
                "mpt_full | attn_config.clip_qkv | 3 | other",
                "mpt_full | attn_config.qk_ln | false | tensors",
                "mpt_full | attn_config.qk_gn | true | is true; supported: false",
                "mpt_full | attn_config.softmax_scale | null | other",
                "mpt_full | attn_config.attn_type | \"multiquery_attention\" | is \"multiquery_attention\"; supported: multihead_attention",
                "mpt_full | attn_config.attn_type | \"grouped_query_attention\" | is \"grouped_query_attention\"; supported: multihead_attention",
                "mpt_full | attn_config.prefix_lm | true | is true; supported: false",
                "mpt_full | attn_config.attn_uses_sequence_id | true | is true; supported: false",
                "mpt_full | attn_config.attn_impl | \"triton\" | same",
                "mpt_full | attn_config.attn_pdrop | 0.5 | same",
                "mpt_full | attn_config.rope | true | is true; supported: false",
                "mpt_full | attn_config.sliding_window_size | 16 | is 16; supported: -1",
                "mpt_full | attn_config.sliding_window_size | -1 | same",
                "mpt_full | attn_config.attn_logit_softcapping | 30.0 | is 30.0; supported: null",
                "mpt_full | ffn_config | {\"ffn_type\": \"mptmlp\"} | same",
                "mpt_full | ffn_config | {\"ffn_type\": \"mptglu\"} | ffn_config.ffn_type: is \"mptglu\"; supported: mptmlp",
                "mpt_full | ffn_config | {\"ffn_act_fn\": {\"name\": \"silu\"}} | ffn_config.ffn_act_fn: is {\"name\":\"silu\"}; supported: null",
                "mpt_scaled | logit_scale | null | other",
                // Qwen's first generation.
                "qwen | kv_channels | 16 | is 16; supported: hidden_size / num_attention_heads, 8",
                "qwen | intermediate_size | 48 | tensors",
                "qwen | intermediate_size | 95 | is 95; supported: an even number",
                "qwen | layer_norm_epsilon | 1e-5 | other",
                "qwen | rotary_emb_base | 500 | other",
                "qwen | rotary_pct | 0.5 | other",
                "qwen | seq_length | 4096 | other",
                "qwen | seq_length | absent | is missing; expected a whole number of at least 2",
                "qwen | use_logn_attn | false | other",
                "qwen | use_logn_attn | absent | same",
                "qwen | use_dynamic_ntk | false | same",
                "qwen_logn | use_dynamic_ntk | true | is true; supported: false where attention-sink-size + attention-sink-window-size + 1 = 33 is more than seq_length, 12",
                "qwen_logn | use_dynamic_ntk | absent | is missing; supported: false where attention-sink-size + attention-sink-window-size + 1 = 33 is more than seq_length, 12",
                "qwen | no_bias | false | tensors",
                "qwen | scale_attn_weights | false | is false; supported: true",
                "qwen | activation | \"gelu\" | is \"gelu\"; supported: swiglu",
                "qwen | pos_emb | \"alibi\" | is \"alibi\"; supported: rotary",
                "qwen | tie_word_embeddings | true | other",
                "qwen | softmax_in_fp32 | true | same",
                "qwen | use_flash_attn | true | same",
                "qwen | use_cache_quantization | true | same",
                "qwen | use_cache_kernel | true | same",
                "qwen | bf16 | true | same",
                "qwen | onnx_safe | true | same",
                "qwen | emb_dropout_prob | 0.5 | same",
                // StableLM.
                "stablelm_epoch | norm_eps | 1e-6 | other",
                "stablelm_epoch | rope_pct | 0.5 | other",
                "stablelm_epoch | rope_theta | 500 | other",
                "stablelm_epoch | rotary_scaling_factor | 2.0 | is 2.0; supported: no value in the family stablelm_epoch",
                "stablelm_epoch | use_qkv_bias | true | tensors",
                "stablelm_epoch | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                "stablelm_epoch | num_heads | 1 | same",
                "stablelm_epoch | num_key_value_heads | 1 | tensors",
                "stablelm_epoch | tie_word_embeddings | true | other",
                "stablelm_2_12b | layer_norm_eps | 1e-6 | other",
                "stablelm_2_12b | partial_rotary_factor | 0.5 | other",
                "stablelm_2_12b | rope_theta | 500 | other",
                "stablelm_2_12b | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | other",
                "stablelm_2_12b | use_qkv_bias | true | tensors",
                "stablelm_2_12b | qk_layernorm | false | tensors",
                "stablelm_2_12b | use_parallel_residual | false | tensors",
                "stablelm_2_12b | num_key_value_heads | 4 | tensors",
                "stablelm_2_12b | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                "stablelm_2_12b | tie_word_embeddings | true | other",
                "stablelm_2_bias | use_qkv_bias | false | tensors",
                "stablelm_2_bias | qk_layernorm | true | tensors",
                "stablelm_2_bias | use_parallel_residual | true | tensors",
                // Yi.
                "yi | rms_norm_eps | 1e-6 | other",
                "yi | rope_theta | 10000.0 | other",
                "yi | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | other",
                "yi | tie_word_embeddings | true | other",
                "yi | attention_bias | true | tensors",
                "yi | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                "yi | model_type | \"yi\" | tensors",
                // BTLM.
                "btlm | n_inner | null | tensors",
                "btlm | n_positions | 8 | same",
                "btlm | activation_function | \"gelu_new\" | is \"gelu_new\"; supported: swiglu",
                "btlm | activation_function | absent | is missing; supported: swiglu",
                "btlm | layer_norm_epsilon | 1e-6 | other",
                "btlm | position_embedding_type | \"learned\" | is \"learned\"; supported: alibi",
                "btlm | position_embedding_type | absent | is missing; supported: alibi",
                "btlm | mup_embeddings_scale | 2.0 | other",
                "btlm | mup_width_scale | 2.0 | other",
                "btlm | mup_output_alpha | 2.0 | other",
                "btlm | mup_scale_qk_dot_by_d | false | other",
                "btlm | scale_attn_weights | false | is false; supported: true",
                "btlm | scale_attn_by_inverse_layer_idx | true | is true; supported: no value in the family btlm",
                "btlm | reorder_and_upcast_attn | true | same",
                "btlm | alibi_scaling | {\"type\": \"linear\", \"factor\": 2.0} | is {\"type\":\"linear\",\"factor\":2.0}; supported: null: slopes as they are",
                "btlm | tie_word_embeddings | false | tensors",
                // Phi-3.
                "phi3 | rms_norm_eps | 1e-6 | other",
                "phi3 | rope_theta | 500 | other",
                "phi3 | rope_scaling | {\"type\": \"su\", \"short_factor\": [1.0], \"long_factor\": [2.0]} | rope_scaling.type: is \"su\"; supported: default, linear or llama3",
                "phi3 | partial_rotary_factor | 0.5 | other",
                "phi3 | original_max_position_embeddings | 8 | same",
                "phi3 | sliding_window | 33 | same",
                "phi3 | sliding_window | null | same",
                "phi3 | sliding_window | absent | same",
                "phi3 | sliding_window | 32 | is 32; supported: at least attention-sink-size + attention-sink-window-size + 1 = 33; choose a smaller attention-sink-window-size",
                "phi3 | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                "phi3 | attention_bias | true | is true; supported: no value in the family phi3",
                "phi3 | tie_word_embeddings | true | other",
                "phi3 | resid_pdrop | 0.5 | same",
                "phi3 | embd_pdrop | 0.5 | same",
                "phi4_mini | partial_rotary_factor | absent | other",
                "phi4_mini | mlp_bias | true | is true; supported: no value in the family phi3",
                "phi4_mini | lm_head_bias | true | is true; supported: no value in the family phi3",
                "phi4_mini | full_attn_mod | 2 | same",
                "phi4_mini | interpolate_factor | 2 | same",
                "phi4_mini | tie_word_embeddings | false | tensors",
                "phi4_mini | num_key_value_heads | 4 | tensors",
                // OLMo 2.
                "olmo2 | rms_norm_eps | 1e-5 | other",
                "olmo2 | rope_theta | 10000 | other",
                "olmo2 | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | other",
                "olmo2 | attention_bias | true | tensors",
                "olmo2 | clip_qkv | 8.0 | is 8.0; supported: no value in the family olmo2",
                "olmo2 | num_key_value_heads | 4 | tensors",
                "olmo2 | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                "olmo2 | tie_word_embeddings | true | other",
                // Granite with sliding windows.
                "granite_swa | attention_bias | true | tensors",
                "granite_swa | mlp_bias | true | tensors",
                "granite_swa | attention_multiplier | 0.5 | other",
                "granite_swa | embedding_multiplier | 1.0 | other",
                "granite_swa | residual_multiplier | 1.0 | other",
                "granite_swa | logits_scaling | 1.0 | other",
                "granite_swa | logits_scaling | 0 | is 0; supported: a number other than 0",
                "granite_swa | sliding_window | 12 | other",
                "granite_swa | sliding_window | absent | is missing; expected a whole number of at least 2",
                "granite_swa | sliding_window | 1 | is 1; expected a whole number of at least 2",
                "granite_swa | layer_types | absent | other",
                "granite_swa | layer_types | [\"full_attention\"] | is [\"full_attention\"]; supported: one for each of num_hidden_layers, 3",
                "granite_swa | layer_rope_theta | null | same",
                "granite_swa | layer_rope_theta | [10000, 500, 10000] | other",
                "granite_swa | layer_rope_theta | [10000] | is [10000]; supported: one for each of num_hidden_layers, 3",
                "granite_swa | layer_rope_theta | [10000, -1, 10000] | is [10000,-1,10000]; supported: bases above 0, and 0 for layers that are not rotated",
                "granite_swa | rope_parameters | {\"rope_theta\": 500.0, \"rope_type\": \"default\"} | same",
                "granite_swa | rope_parameters | {\"rope_theta\": 500.0, \"rope_type\": \"linear\", \"factor\": 2.0} | other",
                "granite_swa | rope_parameters.rope_type | \"yarn\" | is \"yarn\"; supported: default, linear or llama3",
                "granite_swa | rope_parameters.partial_rotary_factor | 0.5 | is 0.5; supported: 1.0 in this family",
                "granite_swa | tie_word_embeddings | absent | same",
                "granite_swa | tie_word_embeddings | false | tensors",
                "granite_swa | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                // Llama with a sink in the denominator.
                "llama_softmax1 | attention_sink | \"none\" | other",
                "llama_softmax1 | attention_sink | \"head\" | tensors",
                "llama_softmax1 | attention_sink | \"learned\" | is \"learned\"; supported: none, zero or head",
                "llama_head_sink | attention_sink | \"zero\" | tensors",
                "llama_head_sink | mlp_bias | true | tensors",
                // Qwen 2 and 3. Without use_sliding_window nothing about windows counts.
                "qwen2_untied | rms_norm_eps | 1e-5 | other",
                "qwen2_untied | rope_theta | 10000.0 | other",
                "qwen2_untied | use_sliding_window | true | same",
                "qwen2_untied | sliding_window | 16 | same",
                "qwen2_untied | max_window_layers | 1 | same",
                "qwen2_untied | use_mrope | true | same",
                "qwen2_untied | attention_bias | true | is true; supported: no value in the family qwen2",
                "qwen2_untied | tie_word_embeddings | true | other",
                "qwen2_untied | hidden_act | \"gelu\" | is \"gelu\"; supported: silu",
                "qwen3_bias | attention_bias | false | tensors",
                "qwen3_bias | head_dim | 8 | tensors",
                "qwen3_bias | sliding_window | 16 | same",
                "qwen3_bias | max_window_layers | 1 | same",
            })
    void aFieldActsOrIsRefused(String name, String field, String value, String outcome) {
        Golden.own(name, folder);
        DecoderSpec before = spec();
        set(field, value);
        switch (outcome) {
            case "same" -> assertThat(spec()).isEqualTo(before);
            case "other" -> assertThat(spec()).isNotEqualTo(before);
            case "tensors" ->
                assertThatThrownBy(this::spec)
                        .isInstanceOf(UserException.class)
                        .hasMessageStartingWith(folder.toString())
                        .hasMessageContaining(": tensor \"")
                        .hasMessageNotContaining("\n");
            default -> {
                // Where an object is set, the field that is wrong is one of its own.
                String[] parts = outcome.split(": ", 2);
                boolean inner = parts[0].startsWith(field + ".");
                assertRefused(inner ? parts[0] : field, inner ? parts[1] : outcome);
            }
        }
    }
}
