package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Activation;
import io.sinkstream.decoder.DecoderSpec.Alibi;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Mlp;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.Map;

/**
 * BTLM: GPT-2's layout with ALiBi, a gated MLP and the factors of maximal update parametrization (the checkpoints' own {@code
 * modeling_btlm.py}).
 */
final class BtlmFamily implements Family {
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
                    Map.entry(Role.GATE, "mlp.c_fc2"),
                    Map.entry(Role.UP, "mlp.c_fc"),
                    Map.entry(Role.DOWN, "mlp.c_proj"),
                    Map.entry(Role.NORM, "transformer.ln_f"),
                    Map.entry(Role.HEAD, "lm_head")));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        int hidden = config.requireInt("n_embd", 1);
        int heads = config.requireInt("n_head", 1);
        int headSize = LlamaLayout.headSize(config, "n_embd", hidden, "n_head", heads);
        Sizes sizes = new Sizes(
                LlamaLayout.layers(config, "n_layer"),
                hidden,
                heads,
                heads,
                headSize,
                config.has("n_inner") ? config.requireInt("n_inner", 1) : 4 * hidden,
                config.requireInt("vocab_size", 1));
        require(config, "activation_function", "swiglu");
        require(config, "position_embedding_type", "alibi");
        if (config.has("alibi_scaling")) {
            throw config.unsupported("alibi_scaling", "null: slopes as they are");
        }
        if (!config.optBoolean("scale_attn_weights", true)) {
            throw config.unsupported("scale_attn_weights", "true");
        }
        Attention plain = Attention.plain(headSize).withBiases(true, true);
        double logits = factor(config, "mup_output_alpha") * factor(config, "mup_width_scale");
        return new DecoderSpec(
                sizes,
                Norm.layer(config.optDouble("layer_norm_epsilon").orElse(1e-5), true),
                config.optBoolean("mup_scale_qk_dot_by_d", false) ? plain.withScale(1.0 / headSize) : plain,
                new Mlp(Activation.SILU, true, true),
                Block.SEQUENTIAL,
                new Scales(factor(config, "mup_embeddings_scale"), 1, logits),
                new Output(config.optBoolean("tie_word_embeddings", true), false),
                List.of(new LayerKind(0, Alibi.of(heads, 8, 1))),
                DecoderSpec.alike(sizes.layers()));
    }

    /** Absent, these fields mean what they do for GPT-2, which is another model. */
    private static void require(ModelConfig config, String field, String only) {
        if (!config.optString(field).orElse("").equals(only)) {
            throw config.unsupported(field, only);
        }
    }

    private static double factor(ModelConfig config, String field) {
        return config.optDouble(field).orElse(1.0);
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
                    case QUERY, KEY, VALUE ->
                        Stored.stacked(tensor, weight, spec.sizes()).asInputByOutput();
                    case OUTPUT, GATE, UP, DOWN -> Stored.whole(tensor, weight).asInputByOutput();
                    default -> Stored.whole(tensor, weight);
                });
    }

    /** The slopes are stored, and follow from the number of heads; old exports keep the causal mask. */
    @Override
    public boolean ignores(String tensor) {
        return tensor.equals("transformer.relative_pe.slopes")
                || tensor.endsWith(".attn.bias")
                || tensor.endsWith(".attn.masked_bias");
    }
}
