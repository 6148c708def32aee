package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Role;
import java.util.Map;

/**
 * Yi as it was first published (the checkpoints' own {@code modeling_yi.py}): Llama but for the names of two norms. Later
 * exports are Llama in everything, and say so.
 */
final class YiFamily implements Family {
    private static final TensorNames NAMES =
            LlamaLayout.NAMES.with(Map.of(Role.ATTENTION_NORM, "ln1", Role.MLP_NORM, "ln2"));

    private final Family llama = new LlamaFamily();

    @Override
    public DecoderSpec spec(ModelConfig config, SinkWindow rule) {
        return llama.spec(config, rule);
    }

    @Override
    public TensorNames names(DecoderSpec spec) {
        return NAMES;
    }

    @Override
    public boolean ignores(String tensor) {
        return llama.ignores(tensor);
    }
}
