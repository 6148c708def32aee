package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The settings of a training. They are part of the catalogue, {@link Settings#all()}. */
public final class TrainingSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** What a model learns to tell. */
    public static final Setting<Objective> OBJECTIVE = add(Setting.value(
            "objective",
            "causal|masked",
            "causal",
            Parsers.choice(Objective.class),
            "What the model is trained to tell: the next token, from those before it; or 15 of 100 tokens that are hidden, from"
                    + " those up to --attention-sink-window-size away on either side and --attention-sink-size first tokens,"
                    + " which all see and which see all: an encoder, for comparing, that no other command runs."));

    /** What attention is left at. */
    public static final Setting<TrainedSink> SINK = add(Setting.value(
            "sink",
            "none|zero|learnable|head",
            "learnable",
            Parsers.choice(TrainedSink.class),
            "What the model is trained to leave attention at: nothing of its own; a logit of 0 in the softmax's"
                    + " denominator (SoftMax1); one learned token in front of every sample, and later of every stream; or"
                    + " a learned logit for each head. An encoder has none or learnable."));

    /** Several trainings that are compared. */
    public static final Setting<String> COMPARE = add(Setting.value(
            "compare",
            "sinks",
            null,
            Parsers.choice(List.of("sinks"), List.of()),
            "sinks trains a model with each --sink alike, each into a folder of --output, and compares them under the"
                    + " streaming rule: perplexity on --validation-input for caches of 0, 1, 2 and 4 sinks and --context"
                    + " tokens in all, and the share of attention that first tokens get. With --objective masked it trains three"
                    + " encoders, that see all of a sample, a window, or a window and global first tokens, and compares them on text"
                    + " far longer than a sample: window alone, with first tokens, and block by block. All are trained in"
                    + " float32, or in the --dtype that is given."));

    /** Where an experiment's held-out rows are. */
    public static final Setting<List<String>> VALIDATION_INPUT = add(Setting.list(
            "validation-input",
            "PATH",
            "With --compare, the rows that it is measured on: another text than --input's, in the same format and columns, at"
                    + " least one stream of it longer than twice --context."));

    /** A model that is there. */
    public static final Setting<String> INITIAL_MODEL = add(Setting.value(
            "initial-model",
            "MODEL",
            null,
            Parsers::nonEmpty,
            "A model to go on from: builtin, a folder or a name, as --model takes them, of the layout that train makes. Its"
                    + " tokenizer, sizes and sink are kept (a token that its tokenizer puts in front is a learned sink). Without"
                    + " it the first weights are drawn."));

    /** A tokenizer that is there. */
    public static final Setting<String> TOKENIZER = add(Setting.value(
            "tokenizer",
            "FILE",
            null,
            Parsers::nonEmpty,
            "A tokenizer.json to use. Without it a byte-level BPE tokenizer is trained on the text."));

    /** How large a trained tokenizer's vocabulary is. */
    public static final Setting<Integer> VOCABULARY = add(
            Setting.value(
                    "vocabulary",
                    "TOKENS",
                    "4096",
                    Parsers.wholeNumber(257),
                    "How many tokens the trained tokenizer has: 256 bytes, the sink if it is learnable, and what is merged of them."));

    /** L. */
    public static final Setting<Integer> LAYERS =
            add(Setting.value("layers", "COUNT", "6", Parsers.wholeNumber(1), "How many layers the model has."));

    /** The width of the hidden states. */
    public static final Setting<Integer> HIDDEN = add(Setting.value(
            "hidden-size", "NUMBERS", "256", Parsers.wholeNumber(2), "How many numbers a hidden state has."));

    /** The number of query heads. */
    public static final Setting<Integer> HEADS = add(Setting.value(
            "heads", "COUNT", "4", Parsers.wholeNumber(1), "How many query heads a layer has; divides --hidden-size."));

    /** The number of key/value heads. */
    public static final Setting<Integer> KEY_VALUE_HEADS = add(Setting.value(
            "key-value-heads",
            "COUNT",
            "auto",
            Parsers::autoOrCount,
            "How many key/value heads a layer has; divides --heads. auto is as many."));

    /** The width inside the MLP. */
    public static final Setting<Integer> INTERMEDIATE = add(Setting.value(
            "intermediate-size",
            "NUMBERS",
            "auto",
            Parsers::autoOrCount,
            "How many numbers the MLP has inside. auto is 8/3 of --hidden-size, up to the next multiple of 64."));

    /** T. */
    public static final Setting<Integer> CONTEXT = add(Setting.value(
            "context",
            "TOKENS",
            "1024",
            Parsers.wholeNumber(8),
            "How many tokens a sample has: what the model learns to look back over. It should be no less than sinks and window"
                    + " together are to be."));

    /** Where samples are cut. */
    public static final Setting<Packing> PACKING = add(Setting.value(
            "packing",
            "across|within",
            "across",
            Parsers.choice(Packing.class),
            "Which streams a sample's tokens are of. across: streams stand one behind another and samples are cut wherever it"
                    + " is. within: each stream begins a sample, whose first token no other sample is to predict, and what"
                    + " fills none at a stream's end is left out."));

    /** Samples of a step. */
    public static final Setting<Integer> BATCH = add(Setting.value(
            "batch", "SAMPLES", "16", Parsers.wholeNumber(1), "How many samples each replica takes for one step."));

    /** Samples at a time. */
    public static final Setting<Integer> MICRO_BATCH = add(Setting.value(
            "micro-batch",
            "SAMPLES",
            "4",
            Parsers.wholeNumber(1),
            "How many samples go through the model at a time, at most: it is the largest divisor of --batch up to this. Their"
                    + " gradients are added up. It changes memory and speed, and the numbers by rounding only."));

    /** How often the samples are gone through. */
    public static final Setting<Double> EPOCHS = add(Setting.value(
            "epochs",
            "TIMES",
            "1",
            Parsers.number(1e-6, 1e6),
            "How many times all samples are gone through, if --steps does not say how many steps to take."));

    /** Steps. */
    public static final Setting<Integer> STEPS = add(Setting.value(
            "steps", "COUNT", "auto", Parsers::autoOrCount, "How many steps to take. auto is what --epochs needs."));

    /** The peak of the learning rate. */
    public static final Setting<Double> LEARNING_RATE = add(Setting.value(
            "learning-rate",
            "RATE",
            "1e-3",
            Parsers.number(1e-9, 10),
            "AdamW's rate at its peak: it rises over --warmup and then falls along a cosine to a tenth."));

    /** Steps of rising rate. */
    public static final Setting<Integer> WARMUP = add(Setting.value(
            "warmup", "STEPS", "100", Parsers.wholeNumber(0), "Over how many steps the learning rate rises from 0."));

    /** Decoupled decay. */
    public static final Setting<Double> WEIGHT_DECAY = add(Setting.value(
            "weight-decay",
            "SHARE",
            "0.1",
            Parsers.number(0, 10),
            "What each matrix loses in a step, times the learning rate. Norms and sinks lose nothing."));

    /** The largest norm of the gradients. */
    public static final Setting<Double> CLIP = add(Setting.value(
            "clip", "NORM", "1", Parsers.number(1e-6, 1e6), "The norm that all gradients together are cut to."));

    /** The share of samples that are kept for validation. */
    public static final Setting<Double> VALIDATION = add(
            Setting.value(
                    "validation",
                    "SHARE",
                    "0.02",
                    Parsers.number(0, 0.5),
                    "The share of the samples that the model is not trained on, to tell its loss on text that it has not seen."));

    /** Steps between states that are kept. */
    public static final Setting<Integer> SAVE_EVERY = add(Setting.value(
            "save-every",
            "STEPS",
            "200",
            Parsers.wholeNumber(1),
            "After how many steps the loss on the validation samples is taken and the state is kept, to go on from."));

    /** When a training ends before its time. */
    public static final Setting<Integer> PATIENCE = add(Setting.value(
            "patience",
            "STATES",
            "0",
            Parsers.wholeNumber(0),
            "Ends a training when so many states in a row had no smaller loss on the validation samples than the best one"
                    + " before them, and takes the best one. 0 takes all steps, and the last state."));

    /** How many copies train side by side. */
    public static final Setting<Integer> REPLICAS = add(Setting.value(
            "replicas",
            "COUNT",
            "1",
            Parsers.wholeNumber(1),
            "How many tasks train a copy of the model each, on their own share of the samples, all at a time: each needs a"
                    + " task slot, best on an executor of its own."));

    /** Steps between averages. */
    public static final Setting<Integer> AVERAGE_EVERY = add(Setting.value(
            "average-every",
            "STEPS",
            "10",
            Parsers.wholeNumber(1),
            "After how many steps the replicas' weights and moments are replaced by their mean."));

    /** Where all that is drawn begins. */
    public static final Setting<Integer> SEED = add(Setting.value(
            "seed",
            "NUMBER",
            "0",
            Parsers.wholeNumber(0),
            "What all that is drawn begins with: a continuation's tokens; StreamEval's numbers; in a training the first weights, the samples'"
                    + " order and those for validation."));

    /** The number type that weights are written in. */
    public static final Setting<String> SAVE_DTYPE = add(Setting.value(
            "save-dtype",
            "float32|bfloat16",
            "float32",
            Parsers.choice(List.of("float32", "bfloat16"), List.of()),
            "The number type that the trained weights are written in."));

    private TrainingSettings() {}

    /** In the order of the help. */
    static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }
}
