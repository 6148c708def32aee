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
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Phi-3, Phi-3.5 and Phi-4: Llama with fused projections (Hugging Face transformers, {@code modeling_phi3.py}). */
final class Phi3Family implements Family {
    private static final String QUERIES_KEYS_VALUES = "self_attn.qkv_proj";
    private static final String GATE_UP = "mlp.gate_up_proj";

    private static final TensorNames NAMES = LlamaLayout.NAMES.with(Map.of(
            Role.QUERY, QUERIES_KEYS_VALUES,
            Role.KEY, QUERIES_KEYS_VALUES,
            Role.VALUE, QUERIES_KEYS_VALUES,
            Role.GATE, GATE_UP,
            Role.UP, GATE_UP));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        Sizes sizes = LlamaLayout.sizes(config);
        SlidingWindows.requireWide(config, rule, Optional.empty());
        return new DecoderSpec(
                sizes,
                Norm.rms(config.optDouble("rms_norm_eps").orElse(1e-5)),
                Attention.plain(sizes.headSize()),
                LlamaLayout.mlp(config, false),
                Block.SEQUENTIAL,
                Scales.NONE,
                new Output(config.optBoolean("tie_word_embeddings", false), false),
                List.of(new LayerKind(
                        0,
                        new Rotary(RotaryFields.partial(
                                config, sizes.headSize(), "partial_rotary_factor", 1.0, "rope_theta")))),
                DecoderSpec.alike(sizes.layers()));
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return NAMES;
    }

    @Override
    public List<Stored> stored(Weight weight, DecoderSpec spec) {
        String tensor = NAMES.of(weight);
        int inner = spec.sizes().intermediate();
        return List.of(
                switch (weight.role()) {
                    case QUERY, KEY, VALUE -> Stored.stacked(tensor, weight, spec.sizes());
                    case GATE -> Stored.some(tensor, weight, 2L * inner, IntStream.range(0, inner));
                    case UP -> Stored.some(tensor, weight, 2L * inner, IntStream.range(inner, 2 * inner));
                    default -> Stored.whole(tensor, weight);
                });
    }

    @Override
    public boolean ignores(String tensor) {
        return LlamaLayout.ignores(tensor);
    }
}
