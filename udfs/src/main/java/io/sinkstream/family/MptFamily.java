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
import io.sinkstream.decoder.DecoderSpec.QueryKeyNorm;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.Map;

/**
 * MPT with ALiBi (MosaicML's llm-foundry, {@code modeling_mpt.py} as its checkpoints carry it). Hugging Face's own port reads
 * neither qk_ln nor biases nor logit_scale, which some checkpoints use.
 */
final class MptFamily implements Family {
    private static final TensorNames NAMES = new TensorNames(
            "transformer.blocks.",
            Map.ofEntries(
                    Map.entry(Role.EMBEDDING, "transformer.wte"),
                    Map.entry(Role.ATTENTION_NORM, "norm_1"),
                    Map.entry(Role.QUERY, "attn.Wqkv"),
                    Map.entry(Role.KEY, "attn.Wqkv"),
                    Map.entry(Role.VALUE, "attn.Wqkv"),
                    Map.entry(Role.QUERY_NORM, "attn.q_ln"),
                    Map.entry(Role.KEY_NORM, "attn.k_ln"),
                    Map.entry(Role.OUTPUT, "attn.out_proj"),
                    Map.entry(Role.MLP_NORM, "norm_2"),
                    Map.entry(Role.UP, "ffn.up_proj"),
                    Map.entry(Role.DOWN, "ffn.down_proj"),
                    Map.entry(Role.NORM, "transformer.norm_f"),
                    Map.entry(Role.HEAD, "lm_head")));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        int hidden = config.requireInt("d_model", 1);
        int heads = config.requireInt("n_heads", 1);
        int headSize = LlamaLayout.headSize(config, "d_model", hidden, "n_heads", heads);
        Sizes sizes = new Sizes(
                LlamaLayout.layers(config, "n_layers"),
                hidden,
                heads,
                heads,
                headSize,
                config.has("expansion_ratio") ? config.requireInt("expansion_ratio", 1) * hidden : 4 * hidden,
                config.requireInt("vocab_size", 1));
        String norm = config.optString("norm_type").orElse("low_precision_layernorm");
        if (!norm.equals("low_precision_layernorm") && !norm.equals("layernorm")) {
            throw config.unsupported("norm_type", "low_precision_layernorm or layernorm");
        }
        config.optObject("ffn_config").ifPresent(MptFamily::requirePlain);
        boolean bias = !config.optBoolean("no_bias", true);
        ModelConfig attention = config.optObject("attn_config")
                .orElseThrow(() -> config.unsupported("attn_config", "an object, with alibi true"));
        return new DecoderSpec(
                sizes,
                Norm.layer(config.optDouble("layer_norm_epsilon").orElse(1e-5), bias),
                attention(attention, headSize, bias),
                new Mlp(Activation.GELU, false, bias),
                Block.SEQUENTIAL,
                new Scales(1, 1, logitScale(config, hidden)),
                new Output(config.optBoolean("tie_word_embeddings", true), false),
                List.of(new LayerKind(
                        0, Alibi.of(heads, attention.optDouble("alibi_bias_max").orElse(8.0), 1))),
                DecoderSpec.alike(sizes.layers()));
    }

    private static Attention attention(ModelConfig config, int headSize, boolean bias) {
        if (!config.optBoolean("alibi", false)) {
            throw config.unsupported("alibi", "true: learned positions end, and a stream does not");
        }
        for (String field : List.of("prefix_lm", "attn_uses_sequence_id", "rope", "qk_gn")) {
            if (config.optBoolean(field, false)) {
                throw config.unsupported(field, "false");
            }
        }
        config.requireOnly("attn_type", "multihead_attention");
        if (config.optInt("sliding_window_size", -1) != -1) {
            throw config.unsupported("sliding_window_size", "-1");
        }
        if (!config.isNeutral("attn_logit_softcapping")) {
            throw config.unsupported("attn_logit_softcapping", "null");
        }
        Attention plain = Attention.plain(headSize);
        return plain.withScale(config.optDouble("softmax_scale").orElse(plain.scale()))
                .withClip(config.optDouble("clip_qkv").filter(clip -> clip > 0).orElse(Double.POSITIVE_INFINITY))
                .withQueryKeyNorm(config.optBoolean("qk_ln", false) ? QueryKeyNorm.WHOLE : QueryKeyNorm.NONE)
                .withBiases(bias, bias);
    }

    /** Later versions can say what stands between the two products, and that there are three. */
    private static void requirePlain(ModelConfig config) {
        config.requireOnly("ffn_type", "mptmlp");
        for (String field : List.of("ffn_act_fn", "ffn_hidden_size")) {
            if (config.has(field)) {
                throw config.unsupported(field, "null");
            }
        }
    }

    private static double logitScale(ModelConfig config, int hidden) {
        if (config.isString("logit_scale")) {
            if (!config.optString("logit_scale").orElseThrow().equals("inv_sqrt_d_model")) {
                throw config.unsupported("logit_scale", "a number or inv_sqrt_d_model");
            }
            return 1 / Math.sqrt(hidden);
        }
        return config.optDouble("logit_scale").orElse(1.0);
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

    @Override
    public boolean ignores(String tensor) {
        return false;
    }
}
