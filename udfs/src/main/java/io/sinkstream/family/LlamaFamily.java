package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import java.util.Map;
import java.util.Optional;

/**
 * Llama 1 to 3 and what has its layout: Mistral, Yi, SmolLM (Hugging Face transformers, {@code modeling_llama.py}, {@code
 * modeling_mistral.py}).
 */
final class LlamaFamily implements Family {
    /** What a Mistral config means that says nothing of its window. */
    private static final int MISTRAL_WINDOW = 4096;

    private static final Map<String, String> LAYER = Map.of(
            "attention_norm", "input_layernorm.weight",
            "mlp_norm", "post_attention_layernorm.weight",
            "query", "self_attn.q_proj",
            "key", "self_attn.k_proj",
            "value", "self_attn.v_proj",
            "output", "self_attn.o_proj",
            "gate", "mlp.gate_proj",
            "up", "mlp.up_proj",
            "down", "mlp.down_proj");

    @Override
    public DecoderSpec spec(Checkpoint checkpoint, SinkWindow rule) {
        ModelConfig config = checkpoint.config();
        int hidden = config.requireInt("hidden_size", 1);
        int heads = config.requireInt("num_attention_heads", 1);
        int keyValueHeads = config.has("num_key_value_heads") ? config.requireInt("num_key_value_heads", 1) : heads;
        if (heads % keyValueHeads != 0) {
            throw config.unsupported("num_key_value_heads", "a divisor of num_attention_heads, " + heads);
        }
        if (!config.has("head_dim") && hidden % heads != 0) {
            throw config.unsupported("hidden_size", "a multiple of num_attention_heads, " + heads);
        }
        int headSize = config.has("head_dim") ? config.requireInt("head_dim", 2) : hidden / heads;
        if (headSize % 2 != 0) {
            throw config.unsupported(config.has("head_dim") ? "head_dim" : "hidden_size", "an even head size");
        }
        Optional<String> activation = config.optString("hidden_act");
        if (!activation.orElse("silu").equals("silu")) {
            throw config.unsupported("hidden_act", "silu");
        }
        if (config.optDouble("partial_rotary_factor").orElse(1.0) != 1.0) {
            throw config.unsupported("partial_rotary_factor", "1.0 in this family");
        }
        if (config.has("quantization_config")) {
            throw config.unsupported("quantization_config", "no quantized checkpoint; convert it to float weights");
        }
        if (config.has("layer_types")) {
            throw config.unsupported("layer_types", "none in this family: all layers are alike");
        }
        slidingWindow(config, rule);
        // A wrong number of layers is found before a list of them is made.
        int layers = config.requireInt("num_hidden_layers", 1);
        checkpoint.tensor(tensor("layers." + (layers - 1) + ".attention_norm"));
        // pretraining_tp only cuts products into slices, whose sum is the same.
        boolean attentionBias = bias(config, "attention_bias");
        return new DecoderSpec(
                layers,
                hidden,
                heads,
                keyValueHeads,
                headSize,
                config.requireInt("intermediate_size", 1),
                config.requireInt("vocab_size", 1),
                config.optDouble("rms_norm_eps").orElse(1e-6),
                Rotary.frequencies(config, headSize),
                new DecoderSpec.Biases(attentionBias, attentionBias, bias(config, "mlp_bias")),
                config.optBoolean("tie_word_embeddings", false));
    }

    /** Llama's attention_bias is on all four projections of attention; Mistral has neither field, and no bias. */
    private static boolean bias(ModelConfig config, String field) {
        boolean bias = config.optBoolean(field, false);
        if (bias && isMistral(config)) {
            throw config.unsupported(field, "false in this family");
        }
        return bias;
    }

    private static boolean isMistral(ModelConfig config) {
        return config.modelType().equals("mistral");
    }

    /** A model's own window is harmless while all that a query sees fits in it; a narrower one would hide keys. */
    private static void slidingWindow(ModelConfig config, SinkWindow rule) {
        // Absent is none, except in a Mistral config, where only null is.
        boolean absent = !config.has("sliding_window");
        if (absent && (!isMistral(config) || config.isNull("sliding_window"))) {
            return;
        }
        long seen = (long) rule.sinks() + rule.window() + 1;
        if ((absent ? MISTRAL_WINDOW : config.requireInt("sliding_window", 1)) < seen) {
            throw config.unsupported(
                    "sliding_window",
                    "at least attention-sink-size + attention-sink-window-size + 1 = " + seen
                            + "; choose a smaller attention-sink-window-size");
        }
    }

    /** Old exports keep the rotary frequencies, which follow from the config, and tied ones a copy of the head. */
    @Override
    public boolean ignores(String tensor, DecoderSpec spec) {
        return tensor.endsWith(".rotary_emb.inv_freq") || (spec.tied() && tensor.equals("lm_head.weight"));
    }

    @Override
    public String tensor(String role) {
        if (role.startsWith("layers.")) {
            int dot = role.indexOf('.', "layers.".length());
            String part = role.substring(dot + 1);
            boolean bias = part.endsWith(".bias");
            String name = LAYER.get(bias ? part.substring(0, part.length() - ".bias".length()) : part);
            String suffix = bias ? ".bias" : name.endsWith(".weight") ? "" : ".weight";
            return "model." + role.substring(0, dot + 1) + name + suffix;
        }
        return switch (role) {
            case "embedding" -> "model.embed_tokens.weight";
            case "norm" -> "model.norm.weight";
            case "head" -> "lm_head.weight";
            default -> throw new IllegalArgumentException(role);
        };
    }
}
