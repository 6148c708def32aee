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
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Granite with sliding windows (Hugging Face transformers 5, {@code modeling_granite_swa.py}): every head has a learned sink
 * logit; some layers have a window of their own and keep to it here too, the others follow the stream's rule; each layer may
 * have its own rotary base, or none.
 */
final class GraniteSwaFamily implements Family {
    private static final String BASES = "layer_rope_theta";

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        Sizes sizes = LlamaLayout.sizes(config);
        boolean bias = config.optBoolean("attention_bias", false);
        List<LayerKind> layers = layers(config, sizes);
        List<LayerKind> kinds = List.copyOf(new LinkedHashSet<>(layers));
        Scales scales = new Scales(
                factor(config, "embedding_multiplier"),
                factor(config, "residual_multiplier"),
                1 / factor(config, "logits_scaling"));
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("rms_norm_eps").orElse(1e-5)),
                Attention.plain(sizes.headSize())
                        // In place of the root of the head size, not beside it.
                        .withScale(factor(config, "attention_multiplier"))
                        .withSink(Sink.HEAD)
                        .withBiases(bias, bias),
                LlamaLayout.mlp(config, config.optBoolean("mlp_bias", false)),
                Block.SEQUENTIAL,
                scales,
                new Output(config.optBoolean("tie_word_embeddings", true), false),
                kinds,
                layers.stream().map(kinds::indexOf).toList());
    }

    private static List<LayerKind> layers(ModelConfig config, Sizes sizes) {
        List<Integer> windows = SlidingWindows.ofLayers(config, sizes.layers());
        List<Rotary> rotaries = config.optDoubles(BASES)
                .map(bases ->
                        bases.stream().map(base -> rotary(config, sizes, base)).toList())
                .orElseGet(() -> IntStream.range(0, sizes.layers())
                        .mapToObj(i -> new Rotary(RotaryFields.frequencies(config, sizes.headSize())))
                        .toList());
        if (rotaries.size() != sizes.layers()) {
            throw config.unsupported(BASES, "one for each of num_hidden_layers, " + sizes.layers());
        }
        List<LayerKind> layers = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            layers.add(new LayerKind(windows.get(i), rotaries.get(i)));
        }
        return layers;
    }

    /** A base of 0 is no rotation. */
    private static Rotary rotary(ModelConfig config, Sizes sizes, double base) {
        if (base < 0) {
            throw config.unsupported(BASES, "bases above 0, and 0 for layers that are not rotated");
        }
        return new Rotary(base == 0 ? List.of() : RotaryFields.frequencies(config, sizes.headSize(), base));
    }

    private static double factor(ModelConfig config, String field) {
        double factor = config.optDouble(field).orElse(1.0);
        if (factor == 0) {
            throw config.unsupported(field, "a number other than 0");
        }
        return factor;
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
