package io.sinkstream.batch;

import io.sinkstream.checkpoint.ModelLocation;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelDescription;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkContext;

/**
 * How rows are scored. The components are {@link Settings} of the same names; a column that was not given is null.
 *
 * @param model the checkpoint's folder, or its Hugging Face name, on the driver and on every executor
 * @param sinks S
 * @param window R
 * @param dtype the number type to compute in
 * @param cacheDtype the number type of keys and values
 * @param device the device that the model runs on
 * @param weightMemory the budget of copies of the weights on an executor
 * @param chunkTokens the most tokens of one stream in one pass
 * @param passTokens the most tokens of all streams in one pass
 * @param cacheMemory the budget of all caches on an executor
 * @param key the streams' column; null if each file is a stream
 * @param order the order's column; null for the order of the files
 * @param text the text's column; null for the default or with {@code tokens}
 * @param tokens the token ids' column; null with a text
 * @param separator what follows each text
 * @param late what becomes of late rows
 * @param maxRowBytes the most bytes of a text and its separator
 * @param prefix what the added columns' names start with
 * @param tokenNll whether every token's NLL comes out
 * @param partitions over how many tasks the streams are spread; 0 to choose by the cluster's size
 */
public record ScoringOptions(
        String model,
        int sinks,
        int window,
        String dtype,
        String cacheDtype,
        String device,
        MemoryBudget weightMemory,
        int chunkTokens,
        int passTokens,
        MemoryBudget cacheMemory,
        String key,
        String order,
        String text,
        String tokens,
        String separator,
        LateRows late,
        long maxRowBytes,
        String prefix,
        boolean tokenNll,
        int partitions)
        implements Serializable {

    /** Checks what can be checked without the input or the model. */
    public ScoringOptions {
        var unused = new StreamColumns(key, order, text, tokens);
    }

    /** The columns that make streams of rows. */
    public StreamColumns columns() {
        return new StreamColumns(key, order, text, tokens);
    }

    /** The options that these settings say. Throws UserException if they lack the model or contradict each other. */
    public static ScoringOptions from(SettingValues values) {
        return new ScoringOptions(
                values.require(Settings.MODEL),
                values.require(Settings.SINKS),
                values.require(Settings.WINDOW),
                one(values.require(Settings.DTYPE)),
                values.require(Settings.CACHE_DTYPE),
                values.require(Settings.DEVICE),
                values.require(Settings.WEIGHT_MEMORY),
                values.require(Settings.CHUNK_TOKENS),
                values.require(Settings.PASS_TOKENS),
                values.require(Settings.CACHE_MEMORY),
                values.find(Settings.KEY).orElse(null),
                values.find(Settings.ORDER).orElse(null),
                values.find(Settings.TEXT).orElse(null),
                values.find(Settings.TOKENS).orElse(null),
                values.require(Settings.SEPARATOR),
                values.require(Settings.LATE),
                values.require(Settings.MAX_ROW_BYTES),
                values.require(Settings.PREFIX),
                values.require(Settings.TOKEN_NLL),
                values.require(Settings.PARTITIONS));
    }

    private static String one(List<String> dtypes) {
        if (dtypes.size() != 1) {
            throw new UserException(Settings.DTYPE + ": scoring computes in one number type, not " + dtypes);
        }
        return dtypes.get(0);
    }

    /** The same with a folder that the driver's working directory leads to in full: executors have another. */
    public ScoringOptions onExecutors() {
        Path folder = ModelLocation.resolve(model, System.getenv());
        // A name is each machine's own to resolve, in its own Hugging Face cache.
        return folder.isAbsolute()
                ? this
                : with(folder.toAbsolutePath().toString(), key, order, text, separator, partitions);
    }

    /** The same with these columns where none is named. */
    public ScoringOptions withKeyAndOrder(String otherKey, String otherOrder) {
        return with(
                model, key == null ? otherKey : key, order == null ? otherOrder : order, text, separator, partitions);
    }

    /** The same with the text in {@code column}. */
    public ScoringOptions withText(String column) {
        return with(model, key, order, column, separator, partitions);
    }

    /** The same with this behind each text. */
    public ScoringOptions withSeparator(String text) {
        return with(model, key, order, this.text, text, partitions);
    }

    /** The same over so many tasks. */
    public ScoringOptions withPartitions(int count) {
        return with(model, key, order, text, separator, count);
    }

    private ScoringOptions with(
            String otherModel,
            String otherKey,
            String otherOrder,
            String otherText,
            String otherSeparator,
            int otherPartitions) {
        return new ScoringOptions(
                otherModel,
                sinks,
                window,
                dtype,
                cacheDtype,
                device,
                weightMemory,
                chunkTokens,
                passTokens,
                cacheMemory,
                otherKey,
                otherOrder,
                otherText,
                tokens,
                otherSeparator,
                late,
                maxRowBytes,
                prefix,
                tokenNll,
                otherPartitions);
    }

    /**
     * Checks the model by its headers, on the driver.
     *
     * @throws UserException if it can't be run, or texts are to be scored and it has no tokenizer
     */
    public ModelDescription describe() {
        ModelDescription description = StreamModel.describe(modelOptions());
        if (tokens == null && !description.tokenizer()) {
            throw new UserException(Settings.MODEL + ": " + model
                    + " has no tokenizer.json, so that no text can be scored; add it, or give token ids by "
                    + Settings.TOKENS);
        }
        return description;
    }

    /**
     * Checks that this JVM has the device, if the tasks of {@code spark} run in it: on a cluster only the executors know.
     *
     * @throws UserException if a GPU is asked for that is not there
     */
    public void requireDevice(SparkContext spark) {
        // Without a wish nothing can be missing, and a driver does without libtorch until it is needed.
        if (spark.isLocal() && device.equals("gpu")) {
            StreamModel.requireDevice(modelOptions());
        }
    }

    /** The model's part of the options, with this machine's memory as the measure of the weights' budget. */
    public ModelOptions modelOptions() {
        return new ModelOptions(
                ModelLocation.resolve(model, System.getenv()),
                sinks,
                window,
                new ComputeOptions(dtype, cacheDtype, device, weightMemory.bytes()),
                chunkTokens,
                passTokens,
                cacheMemory);
    }
}
