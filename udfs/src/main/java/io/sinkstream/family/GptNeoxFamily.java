package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
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

/** GPT-NeoX and Pythia (Hugging Face transformers, {@code modeling_gpt_neox.py}). */
final class GptNeoxFamily implements Family {
    private static final TensorNames NAMES = new TensorNames(
            "gpt_neox.layers.",
            Map.ofEntries(
                    Map.entry(Role.EMBEDDING, "gpt_neox.embed_in"),
                    Map.entry(Role.ATTENTION_NORM, "input_layernorm"),
                    Map.entry(Role.QUERY, "attention.query_key_value"),
                    Map.entry(Role.KEY, "attention.query_key_value"),
                    Map.entry(Role.VALUE, "attention.query_key_value"),
                    Map.entry(Role.OUTPUT, "attention.dense"),
                    Map.entry(Role.MLP_NORM, "post_attention_layernorm"),
                    Map.entry(Role.UP, "mlp.dense_h_to_4h"),
                    Map.entry(Role.DOWN, "mlp.dense_4h_to_h"),
                    Map.entry(Role.NORM, "gpt_neox.final_layer_norm"),
                    Map.entry(Role.HEAD, "embed_out")));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        int hidden = config.requireInt("hidden_size", 1);
        int heads = config.requireInt("num_attention_heads", 1);
        int headSize = LlamaLayout.headSize(config, "hidden_size", hidden, "num_attention_heads", heads);
        Sizes sizes = new Sizes(
                LlamaLayout.layers(config, "num_hidden_layers"),
                hidden,
                heads,
                heads,
                headSize,
                config.requireInt("intermediate_size", 1),
                config.requireInt("vocab_size", 1));
        boolean bias = config.optBoolean("attention_bias", true);
        return new DecoderSpec(
                sizes,
                Norm.layer(config.optDouble("layer_norm_eps").orElse(1e-5), true),
                Attention.plain(headSize).withBiases(bias, bias),
                new Mlp(Activations.gelu(config, "hidden_act", "gelu"), false, true),
                config.optBoolean("use_parallel_residual", true) ? Block.PARALLEL_TWO_NORMS : Block.SEQUENTIAL,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(
                        0, new Rotary(RotaryFields.partial(config, headSize, "rotary_pct", 0.25, "rotary_emb_base")))),
                DecoderSpec.alike(sizes.layers()));
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
                    case QUERY, KEY, VALUE -> Stored.grouped(tensor, weight, spec.sizes());
                    default -> Stored.whole(tensor, weight);
                });
    }

    /** Old exports keep the causal mask and the rotary frequencies. */
    @Override
    public boolean ignores(String tensor) {
        return tensor.endsWith(".attention.bias")
                || tensor.endsWith(".attention.masked_bias")
                || tensor.endsWith(".attention.rotary_emb.inv_freq");
    }
}
