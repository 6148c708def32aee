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
 * How rows are scored. The components are {@link Settings} of the same names.
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
 * @param columns the columns that make streams of rows
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
        StreamColumns columns,
        String separator,
        LateRows late,
        long maxRowBytes,
        String prefix,
        boolean tokenNll,
        int partitions)
        implements Serializable {

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
                StreamColumns.from(values),
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
        return folder.isAbsolute() ? this : with(folder.toAbsolutePath().toString(), columns, separator, partitions);
    }

    /** The same with other columns. */
    public ScoringOptions withColumns(StreamColumns others) {
        return with(model, others, separator, partitions);
    }

    /** The same with this behind each text. */
    public ScoringOptions withSeparator(String text) {
        return with(model, columns, text, partitions);
    }

    /** The same over so many tasks. */
    public ScoringOptions withPartitions(int count) {
        return with(model, columns, separator, count);
    }

    private ScoringOptions with(
            String otherModel, StreamColumns otherColumns, String otherSeparator, int otherPartitions) {
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
                otherColumns,
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
        if (columns.tokens() == null && !description.tokenizer()) {
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

    /** The model's part of the options. */
    public ModelOptions modelOptions() {
        return new ModelOptions(
                ModelLocation.resolve(model, System.getenv()),
                sinks,
                window,
                new ComputeOptions(dtype, cacheDtype, device, 0, weightMemory),
                chunkTokens,
                passTokens,
                cacheMemory);
    }
}
