package io.sinkstream.train;

import io.sinkstream.batch.ModelFolders;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.family.Families;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model that a training goes on from. It has to be one that a training could have made: the Llama layout without biases and
 * scaling, its head tied to its embedding.
 *
 * @param name as it was given
 * @param checkpoint where its weights are
 * @param shape its sizes and its sink, and the context that it is trained on with
 * @param front the id of the token in front of every sample; negative for none
 */
public record InitialModel(String name, Checkpoint checkpoint, ModelShape shape, int front) {
    private static final int NONE = -1;

    /**
     * Reads the model's headers and no weight.
     *
     * @param name a folder, a name in Hugging Face's cache, or {@code builtin}
     * @param context T, the tokens of a sample
     * @throws UserException if there is none, or it is of another layout, naming the field
     */
    public static InitialModel open(String name, int context) {
        Checkpoint checkpoint = Checkpoint.open(ModelFolders.resolve(TrainingSettings.INITIAL_MODEL, name));
        DecoderSpec spec = Families.spec(checkpoint, new SinkWindow(0, context));
        DecoderSpec.Sizes sizes = spec.sizes();
        int front = front(name, checkpoint);
        boolean isLlama = checkpoint.config().modelType().equals("llama");
        if (!isLlama || sizes.headSize() * sizes.heads() != sizes.hidden()) {
            throw otherLayout(name, isLlama ? "head_dim" : "model_type");
        }
        ModelShape shape = new ModelShape(
                sizes.layers(),
                sizes.hidden(),
                sizes.heads(),
                sizes.keyValueHeads(),
                sizes.intermediate(),
                context,
                switch (spec.attention().sink()) {
                    case ZERO -> TrainedSink.ZERO;
                    case HEAD -> TrainedSink.HEAD;
                    case NONE -> front == NONE ? TrainedSink.NONE : TrainedSink.LEARNABLE;
                },
                AttentionSpan.CAUSAL);
        DecoderSpec ours = shape.architecture(sizes.vocabulary()).decoder();
        if (!spec.equals(ours)) {
            List<String> fields = new ArrayList<>();
            addIf(!spec.norm().equals(ours.norm()), "rms_norm_eps", fields);
            addIf(!spec.attention().equals(ours.attention()), "attention_bias", fields);
            addIf(!spec.mlp().equals(ours.mlp()), "mlp_bias", fields);
            addIf(!spec.output().equals(ours.output()), "tie_word_embeddings", fields);
            addIf(!spec.kinds().equals(ours.kinds()), "rope_theta or rope_scaling", fields);
            throw otherLayout(name, String.join(", ", fields));
        }
        return new InitialModel(name, checkpoint, shape, shape.sink() == TrainedSink.LEARNABLE ? front : NONE);
    }

    private static void addIf(boolean differs, String field, List<String> fields) {
        if (differs) {
            fields.add(field);
        }
    }

    private static UserException otherLayout(String name, String fields) {
        return new UserException(
                TrainingSettings.INITIAL_MODEL + ": " + name + " is of another layout than train makes: "
                        + fields + " in its config.json; it goes on from model_type llama with rms_norm_eps "
                        + Architecture.NORM_EPSILON + ", rope_theta " + Architecture.ROTARY_BASE
                        + " without rope_scaling, head_dim of hidden_size / num_attention_heads, no biases, and"
                        + " tie_word_embeddings true");
    }

    /** A learned sink's own id, or the token that the tokenizer puts in front: that is one, too, whatever it is called. */
    private static int front(String name, Checkpoint checkpoint) {
        if (checkpoint.config().has(HubFolder.SINK_TOKEN)) {
            return checkpoint.config().requireInt(HubFolder.SINK_TOKEN, 0);
        }
        int[] prefix = new int[0];
        Optional<TextTokenizer> tokenizer = checkpoint.tokenizer();
        if (tokenizer.isPresent()) {
            try (TextTokenizer open = tokenizer.get()) {
                prefix = open.prefix();
            }
        }
        if (prefix.length > 1) {
            throw new UserException(TrainingSettings.INITIAL_MODEL + ": the tokenizer of " + name + " puts "
                    + prefix.length + " tokens in front of a text, and a sample has room for one");
        }
        return prefix.length == 1 ? prefix[0] : NONE;
    }

    /** How many token ids it knows. */
    int vocabulary() {
        return checkpoint.config().requireInt("vocab_size", 1);
    }

    /**
     * Its token ids.
     *
     * @param text what is read; a column of ids needs no tokenizer
     * @throws UserException if it has no tokenizer and needs one
     */
    Vocabulary vocabulary(TrainingText text) {
        if (text.columns().tokens() != null) {
            return new Vocabulary(vocabulary(), front, Optional.empty());
        }
        if (!checkpoint.hasTokenizer()) {
            throw new UserException(TrainingSettings.INITIAL_MODEL + ": " + name
                    + " has no tokenizer.json; give a column of token ids with " + Settings.TOKENS);
        }
        Vocabulary own;
        try (TextTokenizer tokenizer = checkpoint.tokenizer().orElseThrow()) {
            if (!tokenizer.isAsWritten()) {
                throw new UserException(
                        TrainingSettings.INITIAL_MODEL + ": add_prefix_space of the tokenizer_config.json of " + name
                                + " is another than that of its tokenizer.json, which alone is kept; make them the same");
            }
            own = Vocabulary.of(checkpoint.tokenizerFile(), tokenizer.prefix(), shape.sink());
        }
        if (own.size() > vocabulary() || own.sink() != front) {
            throw new UserException(TrainingSettings.INITIAL_MODEL + ": the tokenizer of " + name + " has ids up to "
                    + (own.size() - 1) + " and puts " + own.sink() + " in front; its config.json says vocab_size "
                    + vocabulary() + " and " + HubFolder.SINK_TOKEN + " " + front);
        }
        return new Vocabulary(vocabulary(), front, own.tokenizer());
    }

    /** Where its training begins: its weights, and no moments. Reads them. */
    TrainingState state() {
        return TrainingState.of(HubFolder.weights(checkpoint, shape.architecture(vocabulary())));
    }
}
