package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.Rotary;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sink;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import java.util.List;
import java.util.Optional;

/**
 * Llama 1 to 3 and what has its layout, SmolLM and newer exports of Yi among them (Hugging Face transformers, {@code
 * modeling_llama.py}); here also with a sink in the softmax's denominator, named by {@code attention_sink}.
 */
final class LlamaFamily implements Family {
    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        Sizes sizes = LlamaLayout.sizes(config);
        SlidingWindows.requireWide(config, rule, Optional.empty());
        // pretraining_tp only cuts products into slices, whose sum is the same.
        boolean attentionBias = config.optBoolean("attention_bias", false);
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("rms_norm_eps").orElse(1e-6)),
                Attention.plain(sizes.headSize())
                        .withBiases(attentionBias, attentionBias)
                        .withSink(sink(config)),
                LlamaLayout.mlp(config, config.optBoolean("mlp_bias", false)),
                Block.SEQUENTIAL,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(0, new Rotary(RotaryFields.frequencies(config, sizes.headSize())))),
                DecoderSpec.alike(sizes.layers()));
    }

    private static Sink sink(ModelConfig config) {
        return switch (config.optString("attention_sink").orElse("none")) {
            case "none" -> Sink.NONE;
            case "zero" -> Sink.ZERO;
            case "head" -> Sink.HEAD;
            default -> throw config.unsupported("attention_sink", "none, zero or head");
        };
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
