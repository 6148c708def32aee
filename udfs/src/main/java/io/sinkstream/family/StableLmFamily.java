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
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.stream.IntStream;

/**
 * StableLM, as {@code stablelm} and, in the first exports, {@code stablelm_epoch} (Hugging Face transformers, {@code
 * modeling_stablelm.py}, and the checkpoints' own {@code modeling_stablelm_epoch.py}).
 */
final class StableLmFamily implements Family {
    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        boolean epoch = config.modelType().equals("stablelm_epoch");
        Sizes sizes = LlamaLayout.sizes(config);
        List<Double> frequencies = epoch
                ? RotaryFields.partial(config, sizes.headSize(), "rope_pct", 1.0, "rope_theta")
                : RotaryFields.partial(config, sizes.headSize(), "partial_rotary_factor", 0.25, "rope_theta");
        Attention attention = Attention.plain(sizes.headSize())
                .withBiases(config.optBoolean("use_qkv_bias", false), false)
                .withQueryKeyNorm(
                        config.optBoolean("qk_layernorm", false) ? QueryKeyNorm.EACH_HEAD : QueryKeyNorm.NONE);
        return new DecoderSpec(
                sizes,
                Norm.layer(
                        config.optDouble(epoch ? "norm_eps" : "layer_norm_eps").orElse(1e-5), true),
                attention,
                LlamaLayout.mlp(config, false),
                config.optBoolean("use_parallel_residual", false) ? Block.PARALLEL : Block.SEQUENTIAL,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(0, new Rotary(frequencies))),
                DecoderSpec.alike(sizes.layers()));
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return LlamaLayout.NAMES;
    }

    @Override
    public List<Stored> stored(Weight weight, DecoderSpec spec) {
        return switch (weight.role()) {
            case QUERY_NORM -> eachHead(weight, "q_layernorm");
            case KEY_NORM -> eachHead(weight, "k_layernorm");
            default -> Family.super.stored(weight, spec);
        };
    }

    /** Each head's norm is a tensor. */
    private List<Stored> eachHead(Weight weight, String name) {
        String prefix = LlamaLayout.NAMES.place(weight) + "self_attn." + name + ".norms.";
        List<Long> shape = weight.shape().subList(1, 2);
        return IntStream.range(0, Math.toIntExact(weight.shape().get(0)))
                .mapToObj(head -> new Stored(prefix + head + ".weight", shape, List.of(), false))
                .toList();
    }

    @Override
    public boolean ignores(String tensor) {
        return LlamaLayout.ignores(tensor);
    }
}
