package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.DecoderSpec.Activation;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Mlp;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.Rotary;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.settings.TrainedSink;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model of the Llama layout that can be trained: a decoder, or an encoder of the same layers.
 *
 * @param sizes how large it is
 * @param context T, how many tokens a sample's last prediction sees; of an encoder, how many a text has at most
 * @param sink what attention is left at
 * @param span what a token sees
 * @param tied whether the output head is the embedding
 */
record Architecture(Sizes sizes, int context, TrainedSink sink, AttentionSpan span, boolean tied) {
    static final double NORM_EPSILON = 1e-5;
    static final double ROTARY_BASE = 10_000;

    /** Radians a position, one for each pair of a head's numbers. */
    List<Double> frequencies() {
        return IntStream.range(0, sizes.headSize() / 2)
                .mapToObj(i -> Math.pow(ROTARY_BASE, -2.0 * i / sizes.headSize()))
                .toList();
    }

    /** The same weights over longer texts, and with another span. */
    Architecture reading(int longest, AttentionSpan other) {
        return new Architecture(sizes, longest, sink, other, tied);
    }

    /** The decoder that it becomes, or whose layers and weights the encoder has. */
    DecoderSpec decoder() {
        return new DecoderSpec(
                sizes,
                Norm.rms(NORM_EPSILON),
                Attention.plain(sizes.headSize())
                        .withSink(
                                switch (sink) {
                                    case NONE, LEARNABLE -> DecoderSpec.Sink.NONE;
                                    case ZERO -> DecoderSpec.Sink.ZERO;
                                    case HEAD -> DecoderSpec.Sink.HEAD;
                                }),
                new Mlp(Activation.SILU, true, false),
                Block.SEQUENTIAL,
                Scales.NONE,
                new Output(tied, false),
                List.of(new LayerKind(0, new Rotary(frequencies()))),
                DecoderSpec.alike(sizes.layers()));
    }
}
