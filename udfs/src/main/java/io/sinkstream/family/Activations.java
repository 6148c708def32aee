package io.sinkstream.family;

import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec.Activation;
import java.util.Map;

/** Activations by the names that configs have for them (Hugging Face transformers, {@code activations.py}). */
final class Activations {
    private static final Map<String, Activation> GELUS = Map.of(
            "gelu", Activation.GELU,
            "gelu_new", Activation.GELU_TANH,
            "gelu_fast", Activation.GELU_TANH,
            "gelu_pytorch_tanh", Activation.GELU_TANH);

    private Activations() {}

    /** The GELU that the field names, or {@code fallback}. */
    static Activation gelu(ModelConfig config, String field, String fallback) {
        Activation activation = GELUS.get(config.optString(field).orElse(fallback));
        if (activation == null) {
            throw config.unsupported(field, "gelu, gelu_new, gelu_fast or gelu_pytorch_tanh");
        }
        return activation;
    }
}
