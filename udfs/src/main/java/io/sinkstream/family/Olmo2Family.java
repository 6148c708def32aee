package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.QueryKeyNorm;
import io.sinkstream.decoder.DecoderSpec.Rotary;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.decoder.Role;
import java.util.List;
import java.util.Map;

/**
 * OLMo 2: Llama with its norms behind attention and MLP, and on all queries and all keys together (Hugging Face transformers,
 * {@code modeling_olmo2.py}).
 */
final class Olmo2Family implements Family {
    private static final TensorNames NAMES = LlamaLayout.NAMES.with(
            Map.of(Role.ATTENTION_NORM, "post_attention_layernorm", Role.MLP_NORM, "post_feedforward_layernorm"));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        Sizes sizes = LlamaLayout.sizes(config);
        boolean bias = config.optBoolean("attention_bias", false);
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("rms_norm_eps").orElse(1e-5)),
                Attention.plain(sizes.headSize()).withBiases(bias, bias).withQueryKeyNorm(QueryKeyNorm.WHOLE),
                LlamaLayout.mlp(config, false),
                Block.POST_NORM,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(0, new Rotary(RotaryFields.frequencies(config, sizes.headSize())))),
                DecoderSpec.alike(sizes.layers()));
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return NAMES;
    }

    @Override
    public boolean ignores(String tensor) {
        return LlamaLayout.ignores(tensor);
    }
}
