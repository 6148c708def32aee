package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.ModelConfig;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Weight;
import java.util.List;

/** How one family's checkpoints become the canonical decoder. */
interface Family {
    /**
     * Reads the config; throws {@link io.sinkstream.settings.UserException} for what would change the numbers and is not
     * supported. Fields that it does not read and that change the numbers of some other family are refused after it, see
     * {@link SensitiveFields}.
     */
    DecoderSpec spec(ModelConfig config, SinkWindow rule);

    /** What its tensors are called. */
    TensorNames names(DecoderSpec spec);

    /** Where the checkpoint has a weight: one tensor, or several that follow each other. */
    default List<Stored> stored(Weight weight, DecoderSpec spec) {
        return List.of(Stored.whole(names(spec).of(weight), weight));
    }

    /** Whether a stored tensor that plays no role changes no number either; a tied head's copy is known without it. */
    boolean ignores(String tensor);
}
