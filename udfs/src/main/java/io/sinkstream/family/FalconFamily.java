package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Alibi;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Mlp;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.Positions;
import io.sinkstream.decoder.DecoderSpec.Rotary;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.Map;

/**
 * Falcon in its three layouts: 7B (one key/value head, parallel), 40B and Falcon 2 (grouped heads, parallel, two norms or
 * one) and RW (ALiBi, sequential) (Hugging Face transformers, {@code modeling_falcon.py}).
 */
final class FalconFamily implements Family {
    private static final TensorNames NAMES = new TensorNames(
            "transformer.h.",
            Map.ofEntries(
                    Map.entry(Role.EMBEDDING, "transformer.word_embeddings"),
                    Map.entry(Role.ATTENTION_NORM, "input_layernorm"),
                    Map.entry(Role.QUERY, "self_attention.query_key_value"),
                    Map.entry(Role.KEY, "self_attention.query_key_value"),
                    Map.entry(Role.VALUE, "self_attention.query_key_value"),
                    Map.entry(Role.OUTPUT, "self_attention.dense"),
                    Map.entry(Role.MLP_NORM, "post_attention_layernorm"),
                    Map.entry(Role.UP, "mlp.dense_h_to_4h"),
                    Map.entry(Role.DOWN, "mlp.dense_4h_to_h"),
                    Map.entry(Role.NORM, "transformer.ln_f"),
                    Map.entry(Role.HEAD, "lm_head")));

    private static final TensorNames TWO_NORMS =
            NAMES.with(Map.of(Role.ATTENTION_NORM, "ln_attn", Role.MLP_NORM, "ln_mlp"));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        int hidden = config.requireInt("hidden_size", 1);
        int heads = config.requireInt("num_attention_heads", 1);
        int headSize = LlamaLayout.headSize(config, "hidden_size", hidden, "num_attention_heads", heads);
        boolean grouped = config.optBoolean("new_decoder_architecture", false);
        Sizes sizes = new Sizes(
                LlamaLayout.layers(config, "num_hidden_layers"),
                hidden,
                heads,
                keyValueHeads(config, heads, grouped),
                headSize,
                config.has("ffn_hidden_size") ? config.requireInt("ffn_hidden_size", 1) : 4 * hidden,
                config.requireInt("vocab_size", 1));
        boolean bias = config.optBoolean("bias", false);
        return new DecoderSpec(
                sizes,
                Norm.layer(config.optDouble("layer_norm_epsilon").orElse(1e-5), true),
                Attention.plain(headSize).withBiases(bias, bias),
                new Mlp(Activations.gelu(config, "activation", "gelu"), false, bias),
                block(config, grouped),
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", true), false),
                List.of(new LayerKind(0, positions(config, heads, headSize))),
                DecoderSpec.alike(sizes.layers()));
    }

    private static int keyValueHeads(ModelConfig config, int heads, boolean grouped) {
        boolean single = config.optBoolean("multi_query", true);
        if (!grouped) {
            // Written into the config of the old layouts too, and not read there.
            config.skip("num_kv_heads");
            return single ? 1 : heads;
        }
        int keyValueHeads = config.has("num_kv_heads") ? config.requireInt("num_kv_heads", 1) : heads;
        if (heads % keyValueHeads != 0) {
            throw config.unsupported("num_kv_heads", "a divisor of num_attention_heads, " + heads);
        }
        return keyValueHeads;
    }

    private static Block block(ModelConfig config, boolean grouped) {
        boolean parallel = config.optBoolean("parallel_attn", true);
        int norms = config.optInt("num_ln_in_parallel_attn", grouped ? 2 : 1);
        if (norms != 1 && norms != 2) {
            throw config.unsupported("num_ln_in_parallel_attn", "1 or 2");
        }
        if (grouped) {
            return norms == 2 ? Block.PARALLEL_TWO_NORMS : Block.PARALLEL;
        }
        return parallel ? Block.PARALLEL : Block.SEQUENTIAL;
    }

    /**
     * Falcon scales the sum of product and bias, so its slopes carry the scale. They are the paper's, exact: transformers rounds
     * slope times position to bfloat16, an error that grows with the position, and a stream's positions have no end.
     */
    private static Positions positions(ModelConfig config, int heads, int headSize) {
        return config.optBoolean("alibi", false)
                ? Alibi.of(heads, 8, 1 / Math.sqrt(headSize))
                : new Rotary(RotaryFields.frequencies(config, headSize));
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return spec.block() == Block.PARALLEL_TWO_NORMS ? TWO_NORMS : NAMES;
    }

    @Override
    public List<Stored> stored(Weight weight, DecoderSpec spec) {
        String tensor = names(spec).of(weight);
        return List.of(
                switch (weight.role()) {
                    case QUERY, KEY, VALUE -> Stored.grouped(tensor, weight, spec.sizes());
                    default -> Stored.whole(tensor, weight);
                });
    }

    @Override
    public boolean ignores(String tensor) {
        return tensor.endsWith(".rotary_emb.inv_freq") || tensor.endsWith(".self_attention.inv_freq");
    }
}
