package io.sinkstream.stream;

import io.sinkstream.cache.SinkDistance;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which model runs, and how.
 *
 * @param model the checkpoint's folder
 * @param sinks S, the tokens of a stream's start that are kept for ever; 0 is plain window attention
 * @param window R, the most recent tokens before the one at hand, at least 1
 * @param sinkDistance where sinks stand: bounded, but for comparisons
 * @param compute the number types and the device
 * @param chunk the most tokens of one stream in one pass
 * @param passTokens the most tokens of all streams in one pass
 * @param cacheMemory the budget of all caches together, of the memory that the model runs in
 */
public record ModelOptions(
        Path model,
        int sinks,
        int window,
        SinkDistance sinkDistance,
        ComputeOptions compute,
        int chunk,
        int passTokens,
        MemoryBudget cacheMemory)
        implements Serializable {

    /** Checks what no memory holds, would have no effect or never end: each bound is that of the setting of this name. */
    public ModelOptions {
        Settings.SINKS.check(sinks);
        Settings.WINDOW.check(window);
        Settings.CHUNK_TOKENS.check(chunk);
        Settings.PASS_TOKENS.check(passTokens);
    }

    /** What the settings say where nothing is given, for the checkpoint in {@code model}. */
    public static ModelOptions of(Path model) {
        return from(model, SettingValues.of(Map.of()));
    }

    /** The options that these settings say, for the checkpoint in {@code model}. */
    public static ModelOptions from(Path model, SettingValues values) {
        return new ModelOptions(
                model,
                values.require(Settings.SINKS),
                values.require(Settings.WINDOW),
                SinkDistance.BOUNDED,
                ComputeOptions.from(values),
                values.require(Settings.CHUNK_TOKENS),
                values.require(Settings.PASS_TOKENS),
                values.require(Settings.CACHE_MEMORY));
    }

    /** The same of a checkpoint in {@code folder}. */
    public ModelOptions at(Path folder) {
        return new ModelOptions(folder, sinks, window, sinkDistance, compute, chunk, passTokens, cacheMemory);
    }

    /** The same with S = {@code sinks} and R = {@code window}. */
    public ModelOptions withAttention(int sinks, int window) {
        return new ModelOptions(model, sinks, window, sinkDistance, compute, chunk, passTokens, cacheMemory);
    }

    /** The same with sinks at such a distance. */
    public ModelOptions withSinkDistance(SinkDistance distance) {
        return new ModelOptions(model, sinks, window, distance, compute, chunk, passTokens, cacheMemory);
    }

    /** The same in other number types or on another device. */
    public ModelOptions withCompute(ComputeOptions compute) {
        return new ModelOptions(model, sinks, window, sinkDistance, compute, chunk, passTokens, cacheMemory);
    }

    /** The same with at most {@code chunk} tokens of one stream, and {@code passTokens} of all, in one pass. */
    public ModelOptions withChunk(int chunk, int passTokens) {
        return new ModelOptions(model, sinks, window, sinkDistance, compute, chunk, passTokens, cacheMemory);
    }

    /** The same with a budget of {@code cacheBytes} for all caches together. */
    public ModelOptions withCacheBytes(long cacheBytes) {
        return new ModelOptions(
                model, sinks, window, sinkDistance, compute, chunk, passTokens, new MemoryBudget(cacheBytes, 0));
    }

    /** A path is not serializable. */
    private Object writeReplace() {
        return new Written(model.toString(), sinks, window, sinkDistance, compute, chunk, passTokens, cacheMemory);
    }

    private record Written(
            String model,
            int sinks,
            int window,
            SinkDistance sinkDistance,
            ComputeOptions compute,
            int chunk,
            int passTokens,
            MemoryBudget cacheMemory)
            implements Serializable {

        private Object readResolve() {
            return new ModelOptions(
                    Path.of(model), sinks, window, sinkDistance, compute, chunk, passTokens, cacheMemory);
        }
    }
}
