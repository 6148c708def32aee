package io.sinkstream.family;

import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TensorHeader;
import io.sinkstream.decoder.Decoder;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.LoadedWeights;
import io.sinkstream.decoder.Numbers;
import io.sinkstream.decoder.Weight;
import io.sinkstream.decoder.WeightSource;
import io.sinkstream.settings.UserException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The families, and the way from a checkpoint to a decoder. */
public final class Families {
    /** By {@code model_type}. */
    private static final Map<String, Family> ALL = Map.ofEntries(
            Map.entry("btlm", new BtlmFamily()),
            Map.entry("falcon", new FalconFamily()),
            Map.entry("gpt_neox", new GptNeoxFamily()),
            Map.entry("gptj", new GptJFamily()),
            Map.entry("granite_swa", new GraniteSwaFamily()),
            Map.entry("llama", new LlamaFamily()),
            Map.entry("mistral", new MistralFamily()),
            Map.entry("mpt", new MptFamily()),
            Map.entry("olmo2", new Olmo2Family()),
            Map.entry("phi3", new Phi3Family()),
            Map.entry("qwen", new QwenFamily()),
            Map.entry("qwen2", new Qwen2Family()),
            Map.entry("qwen3", new Qwen2Family()),
            Map.entry("stablelm", new StableLmFamily()),
            Map.entry("stablelm_epoch", new StableLmFamily()),
            Map.entry("Yi", new YiFamily()),
            Map.entry("yi", new LlamaFamily()));

    private Families() {}

    /**
     * What the checkpoint is, its weights' headers checked. Reads no weight.
     *
     * @throws io.sinkstream.settings.UserException for a family, a field or a weight that is missing or not supported
     */
    public static DecoderSpec spec(Checkpoint checkpoint, SinkWindow rule) {
        Family family = family(checkpoint);
        DecoderSpec spec = family.spec(checkpoint.config(), rule);
        SensitiveFields.refuseContradictions(checkpoint.config());
        SensitiveFields.refuseUnread(checkpoint.config());
        Set<String> unused = checkpoint.names();
        if (spec.output().tied()) {
            // Some exports store it all the same.
            unused.remove(family.names(spec).of(spec.head()));
        }
        for (Weight weight : spec.weights()) {
            for (Stored stored : family.stored(weight, spec)) {
                TensorHeader header = checkpoint.tensor(stored.tensor());
                unused.remove(header.name());
                if (!header.shape().equals(stored.shape())) {
                    throw new UserException(header.file() + ": tensor \"" + header.name() + "\" has shape "
                            + header.shape() + "; config.json makes it " + stored.shape());
                }
            }
        }
        for (String name : unused) {
            if (!family.ignores(name)) {
                // A bias or a norm that nobody adds would change every number and show in none.
                throw checkpoint.unexpected(
                        name,
                        "has no place in a "
                                + checkpoint.config().modelType()
                                + " as config.json describes it; supported: only what is used");
            }
        }
        return spec;
    }

    /**
     * Loads the decoder and its weights, on the calling thread, to which it then belongs. Weights of fp32 files stay where they are mapped,
     * unless the numbers ask for others.
     *
     * @param manager will own the weights; the decoder closes it with them
     */
    public static Decoder load(Checkpoint checkpoint, SinkWindow rule, Numbers numbers, NDManager manager) {
        DecoderSpec spec = spec(checkpoint, rule);
        return Decoder.owning(LoadedWeights.load(spec, numbers, manager, weights(checkpoint, spec)), rule);
    }

    /** Where the weights of a checkpoint's decoder come from. */
    public static WeightSource weights(Checkpoint checkpoint, DecoderSpec spec) {
        Family family = family(checkpoint);
        return (weight, owner) ->
                MappedWeight.load(checkpoint, family.stored(stored(weight, spec), spec), weight.shape(), owner);
    }

    /** A head that is the embedding is stored as that. */
    private static Weight stored(Weight weight, DecoderSpec spec) {
        return weight.equals(spec.head()) && spec.output().tied() ? spec.embedding() : weight;
    }

    /** What a checkpoint of the Llama layout calls a weight of its decoder. */
    public static String llamaTensor(Weight weight) {
        return LlamaLayout.NAMES.of(weight);
    }

    /** The model types that are supported, sorted. */
    static List<String> types() {
        return ALL.keySet().stream().sorted().toList();
    }

    private static Family family(Checkpoint checkpoint) {
        Family family = ALL.get(checkpoint.config().modelType());
        if (family == null) {
            throw checkpoint.config().unsupported("model_type", "one of " + String.join(", ", types()));
        }
        return family;
    }
}
