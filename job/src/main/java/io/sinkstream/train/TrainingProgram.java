package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.TorchScript;
import io.sinkstream.decoder.Weight;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The TorchScript program of a training: {@code training.torchscript} and {@code causal.torchscript} or
 * {@code masked.torchscript}, filled in.
 */
final class TrainingProgram {
    /** Behind the embedding. */
    private static final int FIRST_OF_LAYERS = 1;

    /** What a head with a learned sink is made wider by: a GPU's attention reads 16 bytes at a time. */
    private static final int PADDING = 8;

    /** The fewest queries that go over a window's keys at a time: of small products the calls would be all the time. */
    private static final int CHUNK = 64;

    private TrainingProgram() {}

    /**
     * The archive.
     *
     * @param products what products are computed in: float32, which is what the weights are in, or bfloat16
     */
    static byte[] archive(Architecture architecture, Optimization optimization, NumberType products) {
        return TorchScript.archive("Training", source(architecture, optimization, products));
    }

    private static String source(Architecture architecture, Optimization optimization, NumberType products) {
        DecoderSpec.Sizes sizes = architecture.sizes();
        List<Role> all =
                architecture.decoder().weights().stream().map(Weight::role).toList();
        int perLayer = (int) all.stream().filter(Role::ofLayer).count() / sizes.layers();
        Map<String, Object> names = new HashMap<>(Map.ofEntries(
                Map.entry("L", sizes.layers()),
                Map.entry("H", sizes.heads()),
                Map.entry("KV", sizes.keyValueHeads()),
                Map.entry("G", sizes.heads() / sizes.keyValueHeads()),
                Map.entry("D", sizes.headSize()),
                Map.entry("HIDDEN", sizes.hidden()),
                Map.entry("VOCABULARY", sizes.vocabulary()),
                Map.entry("ROTATED", sizes.headSize() / 2),
                Map.entry("SCALE", 1 / Math.sqrt(sizes.headSize())),
                Map.entry("EPSILON", Architecture.NORM_EPSILON),
                Map.entry("PADDING", PADDING),
                Map.entry("FIRST", architecture.span().sinks()),
                Map.entry("WINDOW", architecture.span().window()),
                Map.entry("CHUNK", Math.max(CHUNK, architecture.span().window())),
                Map.entry("LAYER_WEIGHTS", perLayer),
                Map.entry("NORM", all.indexOf(Role.NORM)),
                Map.entry("HEAD", Math.max(0, all.indexOf(Role.HEAD))),
                Map.entry("CLIP", optimization.clip()),
                Map.entry("DECAY", optimization.decay()),
                Map.entry("BETA1", Optimization.BETA1),
                Map.entry("BETA2", Optimization.BETA2),
                Map.entry("ADAM_EPSILON", Optimization.EPSILON)));
        for (int i = 0; i < perLayer; i++) {
            names.put(all.get(FIRST_OF_LAYERS + i).label(), i);
        }
        return TorchScript.filled(
                TorchScript.template(TrainingProgram.class, "training.torchscript")
                        + TorchScript.template(
                                TrainingProgram.class,
                                architecture.span().isCausal() ? "causal.torchscript" : "masked.torchscript"),
                features(architecture, products),
                place -> names.containsKey(place) ? names.get(place).toString() : null);
    }

    private static Set<String> features(Architecture architecture, NumberType products) {
        Set<String> features = new HashSet<>();
        if (products == NumberType.BFLOAT16) {
            features.add("half");
        }
        if (architecture.sizes().heads() > architecture.sizes().keyValueHeads()) {
            features.add("grouped");
        }
        if (architecture.sink() == TrainedSink.ZERO || architecture.sink() == TrainedSink.HEAD) {
            features.add("sink");
            features.add(architecture.sink() == TrainedSink.ZERO ? "zero_sink" : "head_sink");
        }
        if (architecture.span().sinks() > 0) {
            features.add("first");
            if (architecture.span().form() == AttentionSpan.Form.GLOBAL) {
                features.add("global");
            }
        }
        return features;
    }
}
