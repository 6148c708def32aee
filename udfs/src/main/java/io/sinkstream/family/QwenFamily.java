package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Activation;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Mlp;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.Rotary;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.Map;

/**
 * Qwen's first generation (the checkpoints' own {@code modeling_qwen.py}), in both spellings of its sizes: the first upload
 * had GPT-2's names for them.
 */
final class QwenFamily implements Family {
    private static final TensorNames NAMES = new TensorNames(
            "transformer.h.",
            Map.ofEntries(
                    Map.entry(Role.EMBEDDING, "transformer.wte"),
                    Map.entry(Role.ATTENTION_NORM, "ln_1"),
                    Map.entry(Role.QUERY, "attn.c_attn"),
                    Map.entry(Role.KEY, "attn.c_attn"),
                    Map.entry(Role.VALUE, "attn.c_attn"),
                    Map.entry(Role.OUTPUT, "attn.c_proj"),
                    Map.entry(Role.MLP_NORM, "ln_2"),
                    // The second of the two is the one that goes through SiLU.
                    Map.entry(Role.GATE, "mlp.w2"),
                    Map.entry(Role.UP, "mlp.w1"),
                    Map.entry(Role.DOWN, "mlp.c_proj"),
                    Map.entry(Role.NORM, "transformer.ln_f"),
                    Map.entry(Role.HEAD, "lm_head")));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        Sizes sizes = sizes(config);
        // Absent flags mean what configuration_qwen.py makes of them.
        config.requireOnly("activation", "swiglu");
        if (!config.optBoolean("scale_attn_weights", true)) {
            throw config.unsupported("scale_attn_weights", "true");
        }
        config.requireOnly("pos_emb", "rotary");
        requireNoNtk(config, rule);
        boolean bias = !config.optBoolean("no_bias", true);
        int trained = config.optBoolean("use_logn_attn", true) ? config.requireInt("seq_length", 2) : 0;
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("layer_norm_epsilon").orElse(1e-6)),
                Attention.plain(sizes.headSize()).withBiases(true, bias).withTrainedLength(trained),
                new Mlp(Activation.SILU, true, bias),
                Block.SEQUENTIAL,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(
                        0,
                        new Rotary(
                                RotaryFields.partial(config, sizes.headSize(), "rotary_pct", 1.0, "rotary_emb_base")))),
                DecoderSpec.alike(sizes.layers()));
    }

    private static Sizes sizes(ModelConfig config) {
        String hiddenField = config.has("n_embd") ? "n_embd" : "hidden_size";
        String headsField = config.has("n_head") ? "n_head" : "num_attention_heads";
        int hidden = config.requireInt(hiddenField, 1);
        int heads = config.requireInt(headsField, 1);
        int headSize = LlamaLayout.headSize(config, hiddenField, hidden, headsField, heads);
        if (config.optInt("kv_channels", headSize) != headSize) {
            throw config.unsupported("kv_channels", hiddenField + " / " + headsField + ", " + headSize);
        }
        // Counts the two products together.
        String innerField = config.has("ffn_hidden_size") ? "ffn_hidden_size" : "intermediate_size";
        int inner = config.requireInt(innerField, 2);
        if (inner % 2 != 0) {
            throw config.unsupported(innerField, "an even number");
        }
        return new Sizes(
                LlamaLayout.layers(config, config.has("n_layer") ? "n_layer" : "num_hidden_layers"),
                hidden,
                heads,
                heads,
                headSize,
                inner / 2,
                config.requireInt(config.has("padded_vocab_size") ? "padded_vocab_size" : "vocab_size", 1));
    }

    /**
     * Its dynamic NTK stretches all frequencies by the length of the first pass where that is longer than the model was
     * trained for. Token by token, which is what a stream's numbers are defined by, that is never; but a config that asks for it
     * and a window beyond the trained length must not get the one without the other.
     */
    private static void requireNoNtk(ModelConfig config, SinkWindow rule) {
        if (!config.optBoolean("use_dynamic_ntk", true)) {
            return;
        }
        int trained = config.requireInt("seq_length", 2);
        if (SlidingWindows.seen(rule) > trained) {
            throw config.unsupported(
                    "use_dynamic_ntk",
                    "false where " + SlidingWindows.SEEN + " = " + SlidingWindows.seen(rule)
                            + " is more than seq_length, " + trained);
        }
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return NAMES;
    }

    @Override
    public List<Stored> stored(Weight weight, DecoderSpec spec) {
        String tensor = NAMES.of(weight);
        return List.of(
                switch (weight.role()) {
                    case QUERY, KEY, VALUE -> Stored.stacked(tensor, weight, spec.sizes());
                    default -> Stored.whole(tensor, weight);
                });
    }

    /** Buffers that some exports keep, which follow from the config. */
    @Override
    public boolean ignores(String tensor) {
        return tensor.endsWith(".rotary_emb.inv_freq")
                || tensor.endsWith(".attn.logn_tensor")
                || tensor.endsWith(".attn.masked_bias");
    }
}
