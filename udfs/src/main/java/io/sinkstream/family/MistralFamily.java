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
import io.sinkstream.decoder.DecoderSpec.Sizes;
import java.util.List;
import java.util.Optional;

/** Mistral 7B and its successors: Llama without biases (Hugging Face transformers, {@code modeling_mistral.py}). */
final class MistralFamily implements Family {
    /** What a config means that says nothing of its window. */
    private static final int WINDOW = 4096;

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        Sizes sizes = LlamaLayout.sizes(config);
        SlidingWindows.requireWide(config, rule, Optional.of(WINDOW));
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("rms_norm_eps").orElse(1e-6)),
                Attention.plain(sizes.headSize()),
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
