package io.sinkstream.family;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.decoder.DecoderSpec;

/** How one family's checkpoints become the canonical decoder. */
interface Family {
    /** Reads the config; throws {@link io.sinkstream.settings.UserException} for what would change the numbers. */
    DecoderSpec spec(Checkpoint checkpoint, SinkWindow rule);

    /** The checkpoint's name of the tensor that plays {@code role}, see {@link DecoderSpec#weights}. */
    String tensor(String role);

    /** Whether a stored tensor that plays no role changes no number either. */
    boolean ignores(String tensor, DecoderSpec spec);
}
