package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.decoder.Role;
import java.util.Map;

/** Fields and names that Llama began and most later families kept. */
final class LlamaLayout {
    /** More than any model has; a config with more is broken, and its layers would not fit into memory. */
    static final int MOST_LAYERS = 10_000;

    /** The same of a head, from whose size numbers are made before any weight's shape is checked. */
    private static final int MOST_HEAD_SIZE = 1 << 16;

    /** The same of heads, which may each have a slope. */
    private static final int MOST_HEADS = 1 << 16;

    /** The names that most have. */
    static final TensorNames NAMES = new TensorNames(
            "model.layers.",
            Map.ofEntries(
                    Map.entry(Role.EMBEDDING, "model.embed_tokens"),
                    Map.entry(Role.ATTENTION_NORM, "input_layernorm"),
                    Map.entry(Role.QUERY, "self_attn.q_proj"),
                    Map.entry(Role.KEY, "self_attn.k_proj"),
                    Map.entry(Role.VALUE, "self_attn.v_proj"),
                    Map.entry(Role.QUERY_NORM, "self_attn.q_norm"),
                    Map.entry(Role.KEY_NORM, "self_attn.k_norm"),
                    Map.entry(Role.SINKS, "self_attn.sinks"),
                    Map.entry(Role.OUTPUT, "self_attn.o_proj"),
                    Map.entry(Role.MLP_NORM, "post_attention_layernorm"),
                    Map.entry(Role.GATE, "mlp.gate_proj"),
                    Map.entry(Role.UP, "mlp.up_proj"),
                    Map.entry(Role.DOWN, "mlp.down_proj"),
                    Map.entry(Role.NORM, "model.norm"),
                    Map.entry(Role.HEAD, "lm_head")));

    private LlamaLayout() {}

    /** Old exports keep the rotary frequencies, which follow from the config. */
    static boolean ignores(String tensor) {
        return tensor.endsWith(".rotary_emb.inv_freq");
    }

    /** The sizes, from the usual fields. */
    static Sizes sizes(ModelConfig config) {
        int hidden = config.requireInt("hidden_size", 1);
        int heads = config.requireInt("num_attention_heads", 1);
        int keyValueHeads = config.has("num_key_value_heads") ? config.requireInt("num_key_value_heads", 1) : heads;
        if (heads % keyValueHeads != 0) {
            throw config.unsupported("num_key_value_heads", "a divisor of num_attention_heads, " + heads);
        }
        int headSize = config.has("head_dim")
                ? config.requireInt("head_dim", 2)
                : headSize(config, "hidden_size", hidden, "num_attention_heads", heads);
        if (headSize > MOST_HEAD_SIZE) {
            throw config.unsupported("head_dim", "at most " + MOST_HEAD_SIZE);
        }
        if (headSize % 2 != 0) {
            throw config.unsupported(config.has("head_dim") ? "head_dim" : "hidden_size", "an even head size");
        }
        return new Sizes(
                layers(config, "num_hidden_layers"),
                hidden,
                heads,
                keyValueHeads,
                headSize,
                config.requireInt("intermediate_size", 1),
                config.requireInt("vocab_size", 1));
    }

    /** The size of a head that is its share of the width. */
    static int headSize(ModelConfig config, String hiddenField, int hidden, String headsField, int heads) {
        if (hidden % heads != 0) {
            throw config.unsupported(hiddenField, "a multiple of " + headsField + ", " + heads);
        }
        if (heads > MOST_HEADS) {
            throw config.unsupported(headsField, "at most " + MOST_HEADS);
        }
        if (hidden / heads > MOST_HEAD_SIZE) {
            throw config.unsupported(hiddenField, "at most " + MOST_HEAD_SIZE + " numbers a head");
        }
        return hidden / heads;
    }

    static int layers(ModelConfig config, String field) {
        int layers = config.requireInt(field, 1);
        if (layers > MOST_LAYERS) {
            throw config.unsupported(field, "at most " + MOST_LAYERS);
        }
        return layers;
    }

    /** The gated MLP with SiLU. */
    static DecoderSpec.Mlp mlp(ModelConfig config, boolean bias) {
        config.requireOnly("hidden_act", "silu");
        return new DecoderSpec.Mlp(DecoderSpec.Activation.SILU, true, bias);
    }
}
