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
import java.util.List;
import java.util.Optional;

/**
 * Qwen 1.5, 2, 2.5 and 3: Llama with biases into attention, or from the third on with a norm on each head's queries and keys
 * (Hugging Face transformers, {@code modeling_qwen2.py}, {@code modeling_qwen3.py}).
 */
final class Qwen2Family implements Family {
    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        boolean third = config.modelType().equals("qwen3");
        Sizes sizes = LlamaLayout.sizes(config);
        if (config.optBoolean("use_sliding_window", false)) {
            // In all layers, or in those from max_window_layers on: all the same where it is wide enough.
            SlidingWindows.requireWide(config, rule, Optional.empty());
        } else {
            SlidingWindows.requireNone(config);
        }
        boolean bias = third && config.optBoolean("attention_bias", false);
        Attention attention = Attention.plain(sizes.headSize());
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("rms_norm_eps").orElse(1e-6)),
                third
                        ? attention.withBiases(bias, bias).withQueryKeyNorm(QueryKeyNorm.HEAD)
                        : attention.withBiases(true, false),
                LlamaLayout.mlp(config, false),
                Block.SEQUENTIAL,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(0, new Rotary(RotaryFields.frequencies(config, sizes.headSize())))),
                DecoderSpec.alike(sizes.layers()));
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return LlamaLayout.NAMES;
    }

    @Override
    public boolean ignores(String tensor) {
        return LlamaLayout.ignores(tensor);
    }
}
