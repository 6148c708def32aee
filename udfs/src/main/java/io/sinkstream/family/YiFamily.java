package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import java.util.List;
import java.util.Map;

/**
 * Yi as it was first published (the checkpoints' own {@code modeling_yi.py}): Llama but for the names of two norms. Later
 * exports are Llama in everything, and say so.
 */
final class YiFamily implements Family {
    private static final Map<String, String> NAMES =
            LlamaLayout.names(Map.of("attention_norm", "ln1", "mlp_norm", "ln2"));

    private final Family llama = new LlamaFamily();

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        return llama.spec(config, rule);
    }

    @Override
    public List<Stored> stored(DecoderSpec.Weight weight, DecoderSpec spec) {
        return List.of(Stored.whole(LlamaLayout.tensor(weight.role(), NAMES), weight));
    }

    @Override
    public boolean ignores(String tensor) {
        return llama.ignores(tensor);
    }
}
