package io.sinkstream.train;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.TorchScript;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The TorchScript program of a training: {@code training.torchscript}, filled in. */
final class TrainingProgram {
    private static final String LAYER = "layers.0.";

    /** What a head with a learned sink is made wider by: a GPU's attention reads 16 bytes at a time. */
    private static final int PADDING = 8;

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
        List<String> roles = architecture.decoder().weights().stream()
                .map(DecoderSpec.Weight::role)
                .toList();
        int first = 1;
        int perLayer =
                (int) roles.stream().filter(role -> role.startsWith(LAYER)).count();
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
                Map.entry("LAYER_WEIGHTS", perLayer),
                Map.entry("NORM", roles.indexOf("norm")),
                Map.entry("HEAD", Math.max(0, roles.indexOf("head"))),
                Map.entry("CLIP", optimization.clip()),
                Map.entry("DECAY", optimization.decay()),
                Map.entry("BETA1", Optimization.BETA1),
                Map.entry("BETA2", Optimization.BETA2),
                Map.entry("ADAM_EPSILON", Optimization.EPSILON)));
        for (int i = 0; i < perLayer; i++) {
            names.put(roles.get(first + i).substring(LAYER.length()), i);
        }
        Set<String> features = new HashSet<>();
        if (products == NumberType.BFLOAT16) {
            features.add("half");
        }
        if (sizes.heads() > sizes.keyValueHeads()) {
            features.add("grouped");
        }
        if (architecture.sink() == TrainedSink.ZERO || architecture.sink() == TrainedSink.HEAD) {
            features.add("sink");
            features.add(architecture.sink() == TrainedSink.ZERO ? "zero_sink" : "head_sink");
        }
        return TorchScript.filled(
                TorchScript.template(TrainingProgram.class, "training.torchscript"),
                features,
                place -> names.containsKey(place) ? names.get(place).toString() : null);
    }
}
