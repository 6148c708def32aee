package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;

/**
 * The shape of a model that is to be trained.
 *
 * @param layers L
 * @param hidden width of the hidden states
 * @param heads query heads; divides {@code hidden} into even parts
 * @param keyValueHeads key/value heads; divides {@code heads}
 * @param intermediate width inside the MLP
 * @param context T, the tokens of a sample
 * @param sink what attention is left at
 * @param span what a token sees
 */
public record ModelShape(
        int layers,
        int hidden,
        int heads,
        int keyValueHeads,
        int intermediate,
        int context,
        TrainedSink sink,
        AttentionSpan span)
        implements Serializable {
    private static final int ROUNDED_TO = 64;

    /** Checks that the sizes fit together. */
    public ModelShape {
        if (hidden % heads != 0 || hidden / heads % 2 != 0) {
            throw new UserException(TrainingSettings.HEADS + ": " + heads + " does not divide "
                    + TrainingSettings.HIDDEN + " " + hidden + " into heads of an even size");
        }
        if (heads % keyValueHeads != 0) {
            throw new UserException(TrainingSettings.KEY_VALUE_HEADS + ": " + keyValueHeads + " does not divide "
                    + TrainingSettings.HEADS + " " + heads);
        }
    }

    /** The shape that these settings say. */
    public static ModelShape from(SettingValues values) {
        int hidden = values.require(TrainingSettings.HIDDEN);
        int heads = values.require(TrainingSettings.HEADS);
        int keyValueHeads = values.require(TrainingSettings.KEY_VALUE_HEADS);
        int intermediate = values.require(TrainingSettings.INTERMEDIATE);
        return new ModelShape(
                values.require(TrainingSettings.LAYERS),
                hidden,
                heads,
                keyValueHeads > 0 ? keyValueHeads : heads,
                intermediate > 0 ? intermediate : (hidden * 8 / 3 + ROUNDED_TO - 1) / ROUNDED_TO * ROUNDED_TO,
                values.require(TrainingSettings.CONTEXT),
                values.require(TrainingSettings.SINK),
                AttentionSpan.from(values));
    }

    /** The same with another sink. */
    ModelShape withSink(TrainedSink other) {
        return new ModelShape(layers, hidden, heads, keyValueHeads, intermediate, context, other, span);
    }

    /** The same with another span. */
    ModelShape withSpan(AttentionSpan other) {
        return new ModelShape(layers, hidden, heads, keyValueHeads, intermediate, context, sink, other);
    }

    /** How many tokens of a sample stand there for attention alone. */
    int front() {
        return sink == TrainedSink.LEARNABLE ? 1 : 0;
    }

    /** How many ids a sample has: a decoder's last one is only predicted. */
    int sampleTokens() {
        return span.isCausal() ? context + 1 : context;
    }

    Architecture architecture(int vocabulary) {
        return new Architecture(
                new DecoderSpec.Sizes(layers, hidden, heads, keyValueHeads, hidden / heads, intermediate, vocabulary),
                context,
                sink,
                span,
                true);
    }
}
