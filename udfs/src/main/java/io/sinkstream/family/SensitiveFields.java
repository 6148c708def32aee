package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import java.util.List;
import java.util.Map;

/**
 * Config fields that change the numbers in some family. One that is set in a config whose family does not read it asks for
 * something that would silently not happen, so it is refused.
 */
final class SensitiveFields {
    private static final String EXPERTS = "no mixture of experts";

    private static final List<String> FIELDS = List.of(
            // Weights that are no plain matrices.
            "kv_lora_rank",
            "q_lora_rank",
            // Attention.
            "attention_bias",
            "attention_chunk_size",
            "attention_multiplier",
            "attention_sink",
            "attn_logit_softcapping",
            "attn_temperature_tuning",
            "clip_qkv",
            "dual_chunk_attention_config",
            "layer_rope_theta",
            "layer_types",
            "no_rope_layers",
            "num_kv_shared_layers",
            "qk_layernorm",
            "qk_norm",
            "query_pre_attn_scalar",
            "scale_attn_by_inverse_layer_idx",
            "sliding_window",
            "use_logn_attn",
            "use_dynamic_ntk",
            "use_qk_norm",
            "use_qkv_bias",
            "use_sliding_window",
            // Positions.
            "alibi",
            "alibi_scaling",
            "partial_rotary_factor",
            "position_embedding_type",
            "rope_parameters",
            "rope_pct",
            "rope_scaling",
            "rotary_dim",
            "rotary_pct",
            "rotary_scaling_factor",
            // Blocks.
            "mlp_bias",
            "lm_head_bias",
            "norm_type",
            "parallel_attn",
            "use_parallel_residual",
            // Factors.
            "embedding_multiplier",
            "final_logit_softcapping",
            "logit_scale",
            "logits_scaling",
            "residual_multiplier");

    /** Fields that no family reads, and what is supported in their stead. */
    private static final Map<String, String> NEVER = Map.of(
            "quantization_config",
            "no quantized checkpoint; convert it to float weights",
            "compression_config",
            "no quantized checkpoint; convert it to float weights",
            "adapter_config",
            "no adapters; merge them into the weights",
            "peft_config",
            "no adapters; merge them into the weights",
            "num_experts",
            EXPERTS,
            "num_local_experts",
            EXPERTS,
            "n_routed_experts",
            EXPERTS,
            "moe_intermediate_size",
            EXPERTS);

    /** Names of one field, in one family or another. */
    private static final List<List<String>> ALIASES = List.of(
            List.of("hidden_size", "n_embd", "n_embed", "d_model"),
            List.of("num_hidden_layers", "n_layer", "n_layers"),
            List.of("num_attention_heads", "n_head", "n_heads"),
            List.of("num_key_value_heads", "num_kv_heads", "n_head_kv"),
            List.of("intermediate_size", "ffn_hidden_size"),
            List.of("layer_norm_eps", "layer_norm_epsilon", "norm_eps"));

    private SensitiveFields() {}

    /** Refuses a field that was read where another of its names says something else. */
    static void refuseContradictions(ModelConfig config) {
        for (List<String> names : ALIASES) {
            for (String read : names.stream().filter(config::wasRead).toList()) {
                names.forEach(other -> config.requireAgreed(read, other));
            }
        }
    }

    /** Refuses the first field that is set, was not read and does not say that there is nothing to do. */
    static void refuseUnread(ModelConfig config) {
        NEVER.forEach((field, instead) -> {
            if (!config.isNeutral(field)) {
                throw config.unsupported(field, instead);
            }
        });
        for (String field : FIELDS) {
            if (!config.wasRead(field) && !config.isNeutral(field)) {
                throw config.unsupported(field, "no value in the family " + config.modelType());
            }
        }
    }
}
