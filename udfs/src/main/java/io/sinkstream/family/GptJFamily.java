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
import java.util.stream.IntStream;

/** GPT-J (Hugging Face transformers, {@code modeling_gptj.py}). */
final class GptJFamily implements Family {
    private static final TensorNames NAMES = new TensorNames(
            "transformer.h.",
            Map.ofEntries(
                    Map.entry(Role.EMBEDDING, "transformer.wte"),
                    Map.entry(Role.ATTENTION_NORM, "ln_1"),
                    Map.entry(Role.QUERY, "attn.q_proj"),
                    Map.entry(Role.KEY, "attn.k_proj"),
                    Map.entry(Role.VALUE, "attn.v_proj"),
                    Map.entry(Role.OUTPUT, "attn.out_proj"),
                    Map.entry(Role.UP, "mlp.fc_in"),
                    Map.entry(Role.DOWN, "mlp.fc_out"),
                    Map.entry(Role.NORM, "transformer.ln_f"),
                    Map.entry(Role.HEAD, "lm_head")));

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        int hidden = config.requireInt("n_embd", 1);
        int heads = config.requireInt("n_head", 1);
        int headSize = LlamaLayout.headSize(config, "n_embd", hidden, "n_head", heads);
        int rotated = config.has("rotary_dim") ? config.requireInt("rotary_dim", 2) : headSize;
        if (rotated % 2 != 0 || rotated > headSize) {
            throw config.unsupported("rotary_dim", "an even number up to the head size, " + headSize);
        }
        Sizes sizes = new Sizes(
                LlamaLayout.layers(config, "n_layer"),
                hidden,
                heads,
                heads,
                headSize,
                config.has("n_inner") ? config.requireInt("n_inner", 1) : 4 * hidden,
                config.requireInt("vocab_size", 1));
        boolean tied = config.optBoolean("tie_word_embeddings", false);
        return new DecoderSpec(
                sizes,
                Norm.layer(config.optDouble("layer_norm_epsilon").orElse(1e-5), true),
                Attention.plain(headSize),
                new Mlp(Activations.gelu(config, "activation_function", "gelu_new"), false, true),
                Block.PARALLEL,
                Scales.NONE,
                new Output(tied, true),
                List.of(new LayerKind(0, new Rotary(RotaryFields.plain(10000.0, rotated)))),
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
                    case QUERY, KEY ->
                        Stored.some(tensor, weight, weight.shape().get(0), halves(spec));
                    default -> Stored.whole(tensor, weight);
                });
    }

    /** GPT-J rotates neighbours: of each head the even ones of what is rotated come first, then the odd ones, then the rest. */
    private static IntStream halves(DecoderSpec spec) {
        int size = spec.sizes().headSize();
        int pairs = ((Rotary) spec.kinds().get(0).positions()).frequencies().size();
        return IntStream.range(0, spec.sizes().heads() * size).map(row -> {
            int i = row % size;
            int from = i < pairs ? 2 * i : i < 2 * pairs ? 2 * (i - pairs) + 1 : i;
            return row - i + from;
        });
    }

    /** Old exports keep the causal mask. */
    @Override
    public boolean ignores(String tensor) {
        return tensor.endsWith(".attn.bias") || tensor.endsWith(".attn.masked_bias");
    }
}
