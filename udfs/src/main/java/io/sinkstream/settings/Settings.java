package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The catalogue: every setting once. An option {@code --a-b} is {@code spark.sinkstream.a.b} in Spark's configuration. Those
 * of continuations are in {@link GenerationSettings} and {@link SamplingSettings}, of endless streams in {@link StreamSettings}, of a training in {@link
 * TrainingSettings}, of experiments in {@link ExperimentSettings}, of dialogues in {@link DialogueSettings}, of measurements
 * of speed in {@link SpeedSettings}, of odd rows in {@link OddSettings}.
 */
public final class Settings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** Of S and of R. The mask of a window alone has 64 numbers for each of its tokens. */
    private static final int MOST_KEPT = 1 << 20;

    /** Which model. */
    public static final Setting<String> MODEL = add(Setting.value(
            "model",
            "MODEL",
            "builtin",
            Parsers::nonEmpty,
            "The checkpoint, in Hugging Face's layout (config.json, safetensors and, for text, tokenizer.json): a folder on the"
                    + " driver and on every executor; or one of another file system, hdfs:// or s3a://, which each machine copies"
                    + " once; or a Hugging Face name, org/name, which each finds in its local cache or downloads; or builtin,"
                    + " the small one in the jar, which knows logs of Spark, Kafka, Maven and the JVM."));

    /** Which commit of it. */
    public static final Setting<String> REVISION = add(Setting.value(
            "revision",
            "REVISION",
            null,
            Parsers::nonEmpty,
            "The branch, tag or commit of a model that is a Hugging Face name; without it main. The driver looks up once which"
                    + " commit that is, and executors take that."));

    /** S. */
    public static final Setting<Integer> SINKS = add(Setting.value(
            "attention-sink-size",
            "TOKENS",
            "4",
            Parsers.wholeNumber(0, MOST_KEPT),
            "How many tokens of a stream's start are kept for ever. 0 is plain window attention."));

    /** R. */
    public static final Setting<Integer> WINDOW = add(Setting.value(
            "attention-sink-window-size",
            "TOKENS",
            "1020",
            Parsers.wholeNumber(1, MOST_KEPT),
            "How many of the most recent tokens are kept."));

    /** The number type of the weights; only a measurement takes more than one. */
    public static final Setting<List<String>> DTYPE = add(Setting.value(
            "dtype",
            "auto|float32|bfloat16|int8",
            "auto",
            Parsers.list(Parsers.choice(List.of("auto", "float32", "bfloat16", "int8"), List.of())),
            "The number type of the weights. auto is bfloat16 on a GPU and for a checkpoint that is stored in it, else"
                    + " float32; int8 has a scale for each output and is made while loading. speed takes several,"
                    + " joined by commas. train keeps weights in float32 and computes products in it or in bfloat16; auto is"
                    + " the faster there."));

    /** The number type of the caches. */
    public static final Setting<String> CACHE_DTYPE = add(Setting.value(
            "cache-dtype",
            "auto|float32|bfloat16",
            "auto",
            Parsers.choice(List.of("auto", "float32", "bfloat16"), List.of("int8")),
            "The number type of the caches' keys and values. auto is float32 beside weights in float32, else bfloat16:"
                    + " half the memory, and as much less for single tokens to read."));

    /** The budget of copies of the weights. */
    public static final Setting<MemoryBudget> WEIGHT_MEMORY = add(Setting.value(
            "weight-memory",
            "BYTES",
            "50%",
            Parsers::memory,
            "The most memory that copies of the weights may take on one executor: bytes, with k, m or g, or a share of"
                    + " its machine's memory. With room for it the weights are kept in the form that is the fastest for"
                    + " single tokens and in the one that is the fastest for chunks. bfloat16 and int8 take one copy in"
                    + " any case, and on a GPU there is one and nothing to choose."));

    /** Where the model runs. */
    public static final Setting<String> DEVICE = add(Setting.value(
            "device",
            "auto|cpu|gpu",
            "auto",
            Parsers.choice(List.of("auto", "cpu", "gpu"), List.of()),
            "The device that the model runs on. auto is a GPU if libtorch can use one there, else the processor. Of several"
                    + " GPUs it is the one that Spark has assigned to the task (spark.task.resource.gpu.amount), or the"
                    + " first."));

    /** Whether numbers depend on nothing but their stream. */
    public static final Setting<Boolean> DETERMINISTIC = add(Setting.flag(
            "deterministic",
            "Makes a row's numbers, to the last bit, depend on nothing but its stream's tokens: not on what else is in a"
                    + " pass, chunks, partitions, threads, retries or rebuilt caches, on processors of one kind and in one"
                    + " version. It takes longer. A model is tried when it is loaded, and refused where the processor's libraries"
                    + " do not give that; auto is the processor then."));

    /** The most tokens of one stream in one pass. */
    public static final Setting<Integer> CHUNK_TOKENS = add(Setting.value(
            "chunk-tokens",
            "TOKENS",
            "512",
            Parsers.wholeNumber(1),
            "The most tokens of one stream that one pass through the model takes. It changes the speed and not the"
                    + " numbers."));

    /** The most tokens of all streams in one pass. */
    public static final Setting<Integer> PASS_TOKENS = add(Setting.value(
            "pass-tokens",
            "TOKENS",
            "512",
            Parsers.wholeNumber(1),
            "The most tokens of all streams together that one pass through the model takes. It changes the speed and"
                    + " not the numbers."));

    /** The budget of all caches on an executor. */
    public static final Setting<MemoryBudget> CACHE_MEMORY = add(
            Setting.value(
                    "cache-memory",
                    "BYTES",
                    "25%",
                    Parsers::memory,
                    "The budget of all streams' caches together on one executor: bytes, with k, m or g, or a share of its"
                            + " machine's memory, on a GPU of the GPU's. A stream whose cache had to go is rebuilt from its tokens."));

    /** What every way to run a model over rows asks for, in the order of the help. */
    public static final List<Setting<?>> OF_MODEL = List.of(
            MODEL,
            REVISION,
            SINKS,
            WINDOW,
            DTYPE,
            CACHE_DTYPE,
            DEVICE,
            WEIGHT_MEMORY,
            DETERMINISTIC,
            CHUNK_TOKENS,
            PASS_TOKENS,
            CACHE_MEMORY);

    /** Where the rows are. */
    public static final Setting<List<String>> INPUT = add(Setting.list(
            "input",
            "PATH",
            "Files or folders to read, on any file system that Spark knows; globs are allowed. With --format table the name"
                    + " of a table."));

    /** The input's format. */
    public static final Setting<String> FORMAT = add(Setting.value(
            "format",
            "FORMAT",
            null,
            Parsers::nonEmpty,
            "The input's format: json (one object a line), text, csv, parquet, kafka, table (of Spark's catalog) or any other"
                    + " source of Spark. Without it the ending of the input's name decides."));

    /** The input's schema. */
    public static final Setting<String> SCHEMA = add(Setting.value(
            "schema",
            "DDL",
            null,
            Parsers::nonEmpty,
            "The input's columns where they can't be inferred, such as \"key STRING, seq BIGINT, text STRING\"."));

    /** The input source's options. */
    public static final Setting<Map<String, String>> OPTION =
            add(Setting.map("option", "An option of the input's source, such as header=false for csv."));

    /** The streams' column. */
    public static final Setting<String> KEY = add(Setting.value(
            "key",
            "COLUMN",
            null,
            Parsers::nonEmpty,
            "The column that says which stream a row belongs to. Without it every input file is a stream."));

    /** The order's column. */
    public static final Setting<String> ORDER = add(Setting.value(
            "order",
            "COLUMN",
            null,
            Parsers::nonEmpty,
            "The column that orders a stream's rows, ascending: numbers as numbers, text as text; or several, joined by"
                    + " commas, of which a later one decides where those before it are equal. Without it rows of"
                    + " files are taken in the files' order."));

    /** The text's column. */
    public static final Setting<String> TEXT = add(Setting.value(
            "text",
            "COLUMN",
            null,
            Parsers::nonEmpty,
            "The column of the text. Without it and without --tokens: value for the format text, else text."));

    /** The column of token ids. */
    public static final Setting<String> TOKENS = add(Setting.value(
            "tokens",
            "COLUMN",
            null,
            Parsers::nonEmpty,
            "A column of token ids (an array of whole numbers) in place of a text; nothing is added to them."));

    /** What follows each text. */
    public static final Setting<String> SEPARATOR = add(Setting.value(
            "separator",
            "TEXT",
            "\\n",
            Parsers::unescaped,
            "What follows each row's text in its stream; \\n and \\t are a newline and a tab. May be empty."));

    /** What becomes of late rows. */
    public static final Setting<LateRows> LATE = add(Setting.value(
            "late",
            "error|drop|score",
            "error",
            Parsers.choice(LateRows.class),
            "What becomes of a row whose order is at or below its stream's last: it comes out with an error, is"
                    + " dropped and counted, or is scored as it comes."));

    /** The size over which a row is not encoded. */
    public static final Setting<Long> MAX_ROW_BYTES = add(Setting.value(
            "max-row-bytes",
            "BYTES",
            "16m",
            Parsers::bytes,
            "The most bytes of UTF-8 that a row's text and separator may have; a longer row comes out with an error."));

    /** What result columns start with. */
    public static final Setting<String> PREFIX = add(Setting.value(
            "prefix",
            "TEXT",
            "",
            text -> text,
            "What the names of the added columns start with; needed where the input has one of the names already."));

    /** Whether every token's NLL comes out. */
    public static final Setting<Boolean> TOKEN_NLL = add(Setting.flag(
            "token-nll", "Adds token_nll: the negative log-likelihood of every token of the row, in nats."));

    /** Whether every token's rank comes out. */
    public static final Setting<Boolean> TOKEN_RANK = add(
            Setting.flag(
                    "token-rank",
                    "Adds token_rank: how many tokens were likelier than the one that came, and one more, for every token of the row."));

    /** How many of the likeliest tokens come out. */
    public static final Setting<Integer> TOP_LOGPROBS = add(Setting.value(
            "top-logprobs",
            "COUNT",
            "0",
            Parsers.wholeNumber(0, 100),
            "Adds top_logprobs: so many of the likeliest tokens in the place of every token of the row, with their"
                    + " log-probabilities in nats. 0 adds nothing."));

    /** Whether every prediction's entropy comes out. */
    public static final Setting<Boolean> ENTROPY = add(Setting.flag(
            "entropy",
            "Adds token_entropy: the entropy of the model's prediction of every token of the row, in nats."));

    /** What scoring tells of every token. */
    public static final List<Setting<?>> OF_TOKENS = List.of(TOKEN_NLL, TOKEN_RANK, TOP_LOGPROBS, ENTROPY);

    /** What only scoring asks for, in the order of the help. */
    public static final List<Setting<?>> OF_SCORING = Stream.of(
                    List.<Setting<?>>of(SEPARATOR), OF_TOKENS, OddSettings.OF_JUDGING)
            .<Setting<?>>flatMap(List::stream)
            .toList();

    /** How many tasks share the streams. */
    public static final Setting<Integer> PARTITIONS = add(
            Setting.value(
                    "partitions",
                    "COUNT",
                    "auto",
                    Parsers::autoOrCount,
                    "Over how many tasks the streams are spread. auto is four for each task that can run at a time; for stream"
                            + " one, and on a cluster at least 8, fixed with its checkpoint. It changes the speed and not the numbers."));

    /** How long a stream's segments are. */
    public static final Setting<Integer> SPLIT_TOKENS = add(Setting.value(
            "split-tokens",
            "TOKENS",
            null,
            Parsers.wholeNumber(1),
            "Cuts streams of more tokens into segments of about so many, each a task's that runs anywhere. The numbers are"
                    + " those of the whole: a segment first runs what its first row depends on, and is long enough for that"
                    + " to cost at most a quarter. Default: a stream is one task's."));

    /** Where the results go. */
    public static final Setting<String> OUTPUT = add(Setting.value(
            "output",
            "PATH",
            null,
            Parsers::nonEmpty,
            "Where the results are written. Refused if it exists. Without it nothing is written, and only the tables"
                    + " are shown."));

    /** The output's format. */
    public static final Setting<String> OUTPUT_FORMAT = add(Setting.value(
            "output-format",
            "FORMAT",
            "parquet",
            Parsers::nonEmpty,
            "The output's format: parquet, json, csv or any other sink of Spark."));

    /** The output sink's options. */
    public static final Setting<Map<String, String>> OUTPUT_OPTION =
            add(Setting.map("output-option", "An option of the output's sink, such as compression=zstd."));

    /** Whether existing output is replaced. */
    public static final Setting<Boolean> OVERWRITE =
            add(Setting.flag("overwrite", "Replaces the output if it exists."));

    private Settings() {}

    /** All settings, in the order of the help. */
    public static List<Setting<?>> all() {
        return Stream.of(
                        CATALOGUE,
                        GenerationSettings.all(),
                        OddSettings.all(),
                        SamplingSettings.all(),
                        StreamSettings.all(),
                        TrainingSettings.all(),
                        ExperimentSettings.all(),
                        DialogueSettings.all(),
                        SpeedSettings.all())
                .flatMap(List::stream)
                .toList();
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }
}
